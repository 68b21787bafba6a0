import { addConfigOption } from '../add-config-option.ts';
import { readInput } from '../read-input.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

type Options = CommonOptions & { input: [string, string][]; environment?: string };

export const define: DefineCommand = (command, session) => {
  command
    .argument('<name>', 'Of a playbook, as in `vigie playbooks list`.')
    .option('-i, --input <name=value>', 'One of its inputs; again for each.', readInput, [])
    .option('-e, --environment <text>', 'Where; default: the only one.')
    .addHelpText(
      'after',
      '\nCtrl-C leaves the run as it stands: vigie worker goes on with it, vigie runs cancel ends it.',
    );
  addConfigOption(command).action(async (name: string, options: Options) => {
    await session.noteOwnFiles(options);
    const { runHere } = await import('../runs/run-here.ts');
    await runHere(session, { name, options });
  });
};
