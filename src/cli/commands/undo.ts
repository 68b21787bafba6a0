import { changesUndo } from '../../tools/changes/undo.ts';
import { addConfigOption } from '../add-config-option.ts';
import { offerApproval } from '../approve-ticket.ts';
import { showAnswer } from '../render/answer.ts';
import type { CommonOptions } from '../session.ts';
import { callTool } from '../tool-command/run.ts';
import { shapeOf } from '../tool-command/shape.ts';
import type { DefineCommand } from './entry.ts';

/** The tool `changes_undo` with the environment of the change, which a person should not have to look up. */
export const define: DefineCommand = (command, session) => {
  command
    .argument('<id>', 'Change to take back, as in `vigie changes list`.')
    .showHelpAfterError('hint: vigie changes list shows the ids; vigie undo --help');
  addConfigOption(command).action(async (id: string, options: CommonOptions) => {
    session.status = await session.withDesk(options, async desk => {
      const { environment } = await desk.placeOf({ id });
      const result = await callTool(session, desk, {
        shape: shapeOf(changesUndo),
        input: { id, environment },
      });
      await showAnswer(session.terminal, result, 'table');
      return offerApproval(session, desk, { result, output: 'table' });
    });
  });
};
