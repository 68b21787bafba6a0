import { type Command, Option } from 'commander';

/** How a handwritten command shows its answer: for people, or as data for other programs. */
export function addOutputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'How to show the answer.')
      .choices(['table', 'json', 'yaml'])
      .default('table'),
  );
}
