import { type Approval, signedText } from '../core/approval.ts';
import { VigieError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { AuditRow } from '../store/audit-row.ts';
import { checkPerson, payloadFor } from './may-approve.ts';
import { faultOf } from './prove-signature.ts';
import { trustedApprovers } from './trusted-approvers.ts';
import type { Environment, Vigie } from './vigie.ts';

/**
 * Whether what was signed once still counts for what it was signed for: the signature, the plan, the policy, the row of
 * the audit about it, and the person as of now. @throws VigieError BAD_SIGNATURE, NOT_AN_APPROVER
 */
export async function checkStanding(
  vigie: Vigie,
  at: {
    /** For a person: `schedule k3x9qf2m`. */
    what: string;
    approval: Approval;
    /** As it is judged now: its risk says whose word counts. */
    approved: Plan;
    environment: Environment;
    policyAccepted: boolean;
    /** The row of the audit that tells of the approval. @throws VigieError BAD_SIGNATURE where that no longer counts */
    row(): Promise<AuditRow>;
  },
): Promise<AuditRow> {
  const { approval, approved, environment, what } = at;
  if ('unsigned' in approval) {
    // The object that answers for a sandbox exists in the process that started it, and in no row.
    if (approval.unsigned === 'sandbox' && environment.autoApprover !== undefined) return at.row();
    throw new VigieError('NOT_AN_APPROVER', `Nobody signed for the ${what}.`);
  }
  const { payload, signature, publicKey } = approval;
  const fault = faultOf(
    { person: payload.approver, text: signedText('approval', payload), signature, publicKey },
    { approvers: await trustedApprovers(vigie) },
  );
  if (fault !== undefined) throw new VigieError('BAD_SIGNATURE', `The approval of ${what} ${fault}.`);
  const wanted = await payloadFor(vigie, {
    plan: approved,
    person: payload.approver,
    auditHead: payload.auditHead,
  });
  const policy = payload.policyHash;
  if (signedText('approval', { ...wanted, policyHash: policy }) !== signedText('approval', payload))
    throw new VigieError('BAD_SIGNATURE', `What was signed is not the ${what}.`);
  if (wanted.policyHash !== policy && !at.policyAccepted)
    throw new VigieError(
      'BAD_SIGNATURE',
      `vigie.yaml was changed since the ${what.replace(/ .*/, '')} was approved, and nobody has accepted it.`,
      { details: { unaccepted: true } },
    );
  const row = await at.row();
  const { audit } = await vigie.store();
  if (row.at > payload.expiresAt || !(await audit.has(payload.auditHead)))
    throw new VigieError('BAD_SIGNATURE', `The audit does not know that ${what} was approved.`);
  // Groups, and four eyes on whoever asked for it, as they are now.
  await checkPerson(vigie, { person: payload.approver, plan: approved, environment });
  return row;
}
