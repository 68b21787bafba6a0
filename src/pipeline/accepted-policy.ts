import { signedText, statementIn } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import { faultOf } from './prove-signature.ts';
import { type ApproverSource, trustedApprovers } from './trusted-approvers.ts';

/** Whether somebody who is an approver now has signed for exactly this policy, and for no other since. */
export async function isPolicyAccepted(vigie: ApproverSource, policyHash: string): Promise<boolean> {
  const { audit } = await vigie.store();
  const [newest] = await audit.list({ events: ['policy_accepted'], limit: 1 });
  const signed = newest === undefined ? undefined : statementIn(newest.facts);
  if (signed?.statement.act !== 'policy-accept' || signed.statement.policyHash !== policyHash) return false;
  const { statement, signature, publicKey } = signed;
  try {
    const approvers = await trustedApprovers(vigie);
    const said = { person: statement.approver, text: signedText(statement), signature, publicKey };
    return faultOf(said, { approvers }) === undefined;
  } catch (error) {
    // Approvers that cannot be trusted have accepted nothing; whatever needs one of them says why.
    if (error instanceof VigieError && ['BAD_SIGNATURE', 'INVALID_CONFIG'].includes(error.code)) return false;
    throw error;
  }
}
