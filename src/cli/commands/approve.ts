import { addConfigOption } from '../add-config-option.ts';
import { approveTicket } from '../approve-ticket.ts';
import type { CommonOptions } from '../session.ts';
import type { DefineCommand } from './entry.ts';

export const define: DefineCommand = (command, session) => {
  command
    .argument('<id>', 'Ticket, as in `vigie approvals`.')
    .showHelpAfterError('hint: vigie approvals shows the ids; vigie approve --help')
    .option('--as <person>', 'Approver; default: the OS user, or the only approver.')
    .addHelpText(
      'after',
      '\nThe passphrase is read from the terminal alone: no flag, variable or pipe answers for a person.',
    );
  addConfigOption(command).action(async (id: string, options: CommonOptions & { as?: string }) => {
    session.status = await session.withApproverDesk(options, desk =>
      approveTicket(session, desk, { id, ...(options.as === undefined ? {} : { as: options.as }) }),
    );
  });
};
