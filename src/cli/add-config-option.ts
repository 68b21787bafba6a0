import type { Command } from 'commander';

/** Every command that reads vigie.yaml can be pointed at another one. */
export function addConfigOption(command: Command): Command {
  return command.option('--config <file>', 'vigie.yaml to use (or VIGIE_CONFIG).');
}
