import { VigieError } from '../../core/errors.ts';
import { addConfigOption } from '../add-config-option.ts';
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

function readInput(text: string, before: [string, string][]): [string, string][] {
  const at = text.indexOf('=');
  if (at > 0) return [...before, [text.slice(0, at), text.slice(at + 1)]];
  throw new VigieError('INVALID_INPUT', 'An input is written name=value.', {
    hint: 'vigie run NAME -i namespace=shop',
  });
}
