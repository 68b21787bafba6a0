import { signedText, statementIn } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { beginning } from '../store/audit-row.ts';
import { faultOf } from './prove-signature.ts';
import { type ApproverSource, trustedApprovers } from './trusted-approvers.ts';

/** Whether somebody who is an approver now has signed for exactly this policy, after all others that were accepted. */
export async function isPolicyAccepted(vigie: ApproverSource, policyHash: string): Promise<boolean> {
  const { audit } = await vigie.store();
  const [newest, before] = await audit.list({ events: ['policy_accepted'], limit: 2 });
  const signed = newest === undefined ? undefined : statementIn(newest.facts);
  if (signed?.statement.act !== 'policy-accept' || signed.statement.policyHash !== policyHash) return false;
  const { statement, signature, publicKey } = signed;
  // A row of an earlier acceptance, written once more, follows another row than it was signed for.
  if (statement.follows !== (before?.hash ?? beginning)) return false;
  try {
    const approvers = await trustedApprovers(vigie);
    const said = {
      person: statement.approver,
      text: signedText('statement', statement),
      signature,
      publicKey,
    };
    return faultOf(said, { approvers }) === undefined;
  } catch (error) {
    // Approvers that cannot be trusted have accepted nothing; whatever needs one of them says why.
    if (error instanceof VigieError && ['BAD_SIGNATURE', 'INVALID_CONFIG'].includes(error.code)) return false;
    throw error;
  }
}

/** The hash that a statement which accepts a policy has to name. */
export async function acceptanceToFollow(vigie: ApproverSource): Promise<string> {
  const { audit } = await vigie.store();
  const [newest] = await audit.list({ events: ['policy_accepted'], limit: 1 });
  return newest?.hash ?? beginning;
}
