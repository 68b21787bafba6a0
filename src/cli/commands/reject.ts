import { addConfigOption } from '../add-config-option.ts';
import { showAnswer } from '../render/answer.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command
    .argument('<id>', 'Ticket, as in `vigie approvals`.')
    .showHelpAfterError('hint: vigie approvals shows the ids; vigie reject --help')
    .option('--reason <text>', 'Why; recorded, and shown to who asked.');
  addConfigOption(command).action(async (id: string, options: CommonOptions & { reason?: string }) => {
    await session.withDesk(options, async desk => {
      const { reason } = options;
      const result = await desk.reject({ id, ...(reason === undefined ? {} : { reason }) });
      await showAnswer(session.terminal, result, 'table');
      // The person asked for exactly this, so the command did what it should; 4 is for whoever proposed the change.
      session.status = result.status === 'rejected' ? 0 : 1;
    });
  });
};
