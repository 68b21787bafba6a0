import type { SigningKey } from '../../src/config/signing.ts';
import { type SignedStatement, type Statement, signedText } from '../../src/core/approval.ts';
import { acceptanceToFollow } from '../../src/pipeline/accepted-policy.ts';
import { rowToLift } from '../../src/pipeline/kill-switch.ts';
import { newestEntry } from '../../src/pipeline/trusted-approvers.ts';
import type { Vigie } from '../../src/pipeline/vigie.ts';

/** A statement signed by a key, whoever it says it is of. */
function signedBy(key: SigningKey, statement: Statement): SignedStatement {
  return { statement, signature: key.sign(signedText('statement', statement)), publicKey: key.publicKey };
}

interface Signing {
  key: SigningKey;
  person?: string;
}

/** What `vigie policy accept` signs; without a hash for the policy in force. */
export async function policyStatement(
  vigie: Vigie,
  by: Signing & { policyHash?: string },
): Promise<SignedStatement> {
  const policyHash = by.policyHash ?? (await vigie.policy()).hash;
  const follows = await acceptanceToFollow(vigie);
  return signedBy(by.key, { ...(await common(vigie, by)), act: 'policy-accept', policyHash, follows });
}

/** What `vigie kill-switch off` signs. */
export async function liftingStatement(vigie: Vigie, by: Signing): Promise<SignedStatement> {
  return signedBy(by.key, {
    ...(await common(vigie, by)),
    act: 'kill-switch-off',
    lifts: await rowToLift(vigie),
  });
}

/** The audit row that `vigie approvers` writes after it has changed the file. */
export async function recordApprovers(
  vigie: Vigie,
  row: { event: 'approver_added' | 'approver_removed'; person: string; publicKey?: string },
): Promise<void> {
  const { event, person, publicKey } = row;
  const facts = {
    approver: person,
    ...(publicKey === undefined ? {} : { publicKey }),
    ...newestEntry(await vigie.approvers()),
  };
  await (await vigie.store()).audit.append({ event, facts });
}

async function common(vigie: Vigie, { person = 'alice' }: Signing) {
  const { hash: auditHead } = await (await vigie.store()).audit.head();
  return { v: 1, approver: person, at: vigie.now().toISOString(), auditHead } as const;
}
