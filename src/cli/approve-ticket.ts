import { signedText } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { CallResult } from '../core/result.ts';
import { type AgentDesk, type ApproverDesk, deciding } from '../desk/desk.ts';
import { exitStatusOf, stillOpenStatus } from './exit-status.ts';
import { localEnd } from './local-end.ts';
import { showWhole } from './pager.ts';
import { Progress } from './progress.ts';
import { showAnswer } from './render/answer.ts';
import { paintDiff } from './render/diff.ts';
import type { OutputFormat } from './render/output-format.ts';
import type { Session } from './session.ts';
import { askForKey, chooseApprover } from './signer.ts';
import { readApproval } from './to-sign.ts';
import { inCommands } from './tool-command/in-commands.ts';
import { Tty } from './tty.ts';

/**
 * The whole of an approval at the terminal: shows what is decided, to its end; has the target's name typed where the
 * risk is high; asks for the passphrase; signs in this process; applies and verifies; shows the outcome.
 * @throws VigieError NO_TERMINAL before anything is shown.
 */
export async function approveTicket(
  session: Session,
  desk: ApproverDesk,
  ticket: { id: string; as?: string },
): Promise<number> {
  const { terminal } = session;
  const tty = Tty.open(terminal, session.signal);
  try {
    const approver = chooseApprover(await desk.approverKeys(), ticket.as);
    const opened = await withProgress(session, say => {
      say('planning and previewing again');
      return desk.review({ id: ticket.id, person: approver.person }, { signal: session.signal });
    });
    if ('result' in opened) {
      await showAnswer(terminal, inCommands(opened.result), 'table');
      return exitStatusOf(opened.result);
    }
    const { screen, typeToConfirm } = opened.shown;
    const { content, says } = readApproval(opened.shown.payload, {
      ticket: ticket.id,
      approver: approver.person,
      now: new Date(),
    });
    await showWhole(paintDiff(screen, terminal.noteColors), { terminal, tty });
    if (typeToConfirm !== undefined) {
      const typed = await tty.ask(`High risk. Type ${typeToConfirm} to go on: `);
      if (typed.trim() !== typeToConfirm) {
        terminal.note(`That is not ${typeToConfirm}. Nothing was decided; the ticket stays open.`);
        return stillOpenStatus;
      }
    }
    terminal.note(says);
    const { key } = await askForKey(tty, {
      approver,
      purpose: `approve ${ticket.id}`,
      wrong: () => desk.countWrongPassphrase({ ticket: ticket.id, person: approver.person }),
    });
    const by = {
      payload: content,
      signature: key.sign(signedText('approval', content)),
      publicKey: key.publicKey,
    };
    const result = await withProgress(session, progress =>
      desk.settle({ id: ticket.id, by }, { signal: session.signal, progress, local: localEnd }),
    );
    await showAnswer(terminal, inCommands(result), 'table');
    return exitStatusOf(result);
  } catch (error) {
    if (error instanceof VigieError && error.code === 'CANCELLED' && !session.interrupted) {
      terminal.note(`${error.message} The ticket stays open.`);
      return stillOpenStatus;
    }
    throw error;
  } finally {
    tty.close();
  }
}

/** After a call that needs a person: a person who sits here may answer at once. Otherwise the exit status of the call. */
export async function offerApproval(
  session: Session,
  desk: AgentDesk,
  call: { result: CallResult; output: OutputFormat },
): Promise<number> {
  const { result } = call;
  const id = result.data['id'];
  const people = call.output === 'table' || call.output === 'wide';
  if (
    result.status !== 'approval_required' ||
    typeof id !== 'string' ||
    !people ||
    !deciding(desk) ||
    !session.terminal.interactive
  )
    return exitStatusOf(result);
  if ((await desk.approvers()).length === 0) return exitStatusOf(result);
  const tty = Tty.open(session.terminal, session.signal);
  let yes = false;
  try {
    yes = await tty.confirm('Approve it here and now?');
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
  } finally {
    tty.close();
  }
  return yes ? approveTicket(session, desk, { id }) : exitStatusOf(result);
}

async function withProgress<T>(
  session: Session,
  run: (say: (message: string) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(session.terminal, 'lines');
  try {
    return await run(progress.say);
  } finally {
    progress.end();
  }
}
