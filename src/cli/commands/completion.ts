import { completionOf } from '../completion.ts';
import type { DefineCommand } from './entry.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export const define: DefineCommand = command => {
  command
    .addArgument(command.createArgument('<shell>', 'bash, zsh or fish.').choices(shells))
    .addHelpText(
      'after',
      '\nbash: source <(vigie completion bash)\nzsh:  source <(vigie completion zsh)\nfish: vigie completion fish | source',
    )
    .action((chosen: string) => {
      if (command.parent !== null) completionOf(command.parent).setup('vigie', 'vigie', chosen);
    });
};
