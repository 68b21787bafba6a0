import { signedText } from '../core/approval.ts';
import type { ApproverDesk, WantedAct } from '../desk/desk.ts';
import { refusePaused } from '../desk/refuse-paused.ts';
import type { Session } from './session.ts';
import { askForKey, chooseApprover, type Signer } from './signer.ts';
import { readStatement } from './to-sign.ts';
import { Tty } from './tty.ts';

/** An approver's passphrase for something that is no ticket; wrong tries are counted and recorded all the same. */
export async function askSigner(
  desk: ApproverDesk,
  asked: { tty: Tty; as?: string; purpose: string },
): Promise<Signer> {
  const { purpose } = asked;
  const approver = chooseApprover(await desk.approverKeys(), asked.as);
  refusePaused(approver);
  return askForKey(asked.tty, {
    approver,
    purpose,
    wrong: () => desk.countWrongPassphrase({ person: approver.person, purpose }),
  });
}

/** Has an approver read and sign a statement, and makes it so. @throws VigieError NO_TERMINAL, BAD_SIGNATURE, CONFLICT */
export async function signAct(
  session: Session,
  desk: ApproverDesk,
  asked: { wanted: WantedAct; purpose: string; why: string; as?: string },
): Promise<void> {
  const { wanted, purpose, why } = asked;
  const tty = Tty.open(session.terminal);
  try {
    const approver = chooseApprover(await desk.approverKeys(), asked.as);
    const { statement, shows } = await desk.prepareStatement({ ...wanted, approver: approver.person });
    const { content, says } = readStatement(statement, {
      wanted,
      approver: approver.person,
      now: new Date(),
    });
    for (const line of shows) session.terminal.note(line);
    session.terminal.note(says);
    const { key } = await askSigner(desk, { tty, as: approver.person, purpose });
    const signed = {
      statement: content,
      signature: key.sign(signedText('statement', content)),
      publicKey: key.publicKey,
    };
    const { said } = await desk.commitStatement({ signed, why });
    await session.terminal.write(`${said}\n`);
  } finally {
    tty.close();
  }
}
