import { verifySignature } from '../config/signing.ts';
import { type SignedStatement, type Statement, signedText } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { auditFacts } from '../pipeline/audit-facts.ts';
import { trustedApprovers } from '../pipeline/trusted-approvers.ts';
import type { Vigie } from '../pipeline/vigie.ts';
import { terminalActor } from './session.ts';
import { askForKey, chooseApprover, type Signer } from './signer.ts';
import type { Tty } from './tty.ts';

/** An approver's passphrase for something that is no ticket; wrong tries are counted and recorded all the same. */
export async function askSigner(
  vigie: Vigie,
  asked: { tty: Tty; as?: string; purpose: string },
): Promise<Signer> {
  const approver = chooseApprover((await trustedApprovers(vigie)).list, asked.as);
  const { changes } = await vigie.store();
  const paused = await changes.pausedUntil(approver.person);
  if (paused !== undefined && Date.parse(paused) > vigie.now().getTime()) {
    throw new VigieError(
      'NOT_AN_APPROVER',
      `${approver.person} is paused until ${paused} after wrong passphrases.`,
      {
        retryable: true,
      },
    );
  }
  return askForKey(asked.tty, {
    approver,
    purpose: asked.purpose,
    wrong: async () => ({
      attemptsLeft: await changes.countWrongPassphrase({
        approver: approver.person,
        audit: {
          event: 'wrong_passphrase',
          facts: await personFacts(vigie, { approver: approver.person, to: asked.purpose }),
        },
      }),
    }),
  });
}

type Act =
  | { act: 'kill-switch-off'; lifts: string }
  | { act: 'policy-accept'; policyHash: string; follows: string };

/** A statement signed by its approver, checked as any reader of the audit can check it. @throws VigieError BAD_SIGNATURE */
export async function signStatement(
  vigie: Vigie,
  signed: { signer: Signer; what: Act },
): Promise<SignedStatement> {
  const { person, key } = signed.signer;
  const { hash } = await (await vigie.store()).audit.head();
  const statement: Statement = {
    v: 1,
    ...signed.what,
    approver: person,
    at: vigie.now().toISOString(),
    auditHead: hash,
  };
  const text = signedText(statement);
  const signature = key.sign(text);
  const known = (await trustedApprovers(vigie)).list.find(approver => approver.person === person);
  if (known === undefined || !verifySignature({ text, signature, publicKey: known.publicKey }))
    throw new VigieError('BAD_SIGNATURE', `The signature does not fit the key of ${person}.`);
  return { statement, signature, publicKey: key.publicKey };
}

/** The facts of an audit row for something a person did at this terminal. */
export function personFacts(vigie: Vigie, more: JsonObject): Promise<JsonObject> {
  return auditFacts(vigie, { actor: terminalActor(), more });
}
