import { VigieError } from '../../core/errors.ts';
import { addConfigOption } from '../add-config-option.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

/** More than go on in a few environments at once. */
const mostByDefault = 20;
const mostEver = 1_000;

export const define: DefineCommand = (command, session) => {
  command.option('--most <number>', 'Runs at once.', readMost, mostByDefault);
  addConfigOption(command).action(async (options: CommonOptions & { most: number }) => {
    await session.noteOwnFiles(options);
    const { workHere } = await import('../runs/work-here.ts');
    await workHere(session, options);
  });
};

function readMost(text: string): number {
  const most = Number(text);
  if (Number.isInteger(most) && most >= 1 && most <= mostEver) return most;
  throw new VigieError('INVALID_INPUT', `--most is a whole number from 1 to ${mostEver}.`, {
    hint: 'vigie worker --most 20',
  });
}
