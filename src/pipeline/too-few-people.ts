import { riskLevels } from '../core/decision.ts';
import { VigieError } from '../core/errors.ts';
import type { ApprovalStep } from '../core/playbook.ts';
import type { RiskLevel } from '../core/preview.ts';
import { trusted } from '../core/trusted-text.ts';
import type { Environment, Vigie } from './vigie.ts';

/** Where it is written down who may agree. */
export const whereGroupsStand = trusted`Groups stand in vigie.yaml, people: {alice: {groups: [oncall]}}; who has a key: vigie approvers list`;

/**
 * Why too few people could agree to what an approval of a playbook asks, whatever its risk is; undefined: enough could. Who
 * starts the run is not known, so where four eyes are on there may be one fewer.
 */
export async function tooFewPeople(
  vigie: Pick<Vigie, 'peopleIn' | 'approvers'>,
  { view, rules, autoApprover }: Pick<Environment, 'view' | 'rules' | 'autoApprover'>,
  { from, min }: Pick<ApprovalStep['approval'], 'from' | 'min'>,
): Promise<string | undefined> {
  // A sandbox that answers by itself asks nobody; and of one approver of whatever group doctor speaks elsewhere.
  if (autoApprover !== undefined || (from.length === 0 && min === 1)) return undefined;
  if (from.length > 0 && vigie.peopleIn(from).length === 0)
    return `nobody in vigie.yaml is in ${from.join(' or ')}`;
  const approvers = await vigie.approvers().catch(unreadable);
  if (approvers instanceof VigieError) return `who may approve cannot be read: ${approvers.message}`;
  const { list } = approvers;
  const could = (level: RiskLevel): number =>
    list.filter(({ person }) =>
      [from.length === 0 ? undefined : from, rules.approvers[level]].every(
        groups => groups === undefined || vigie.peopleIn(groups).includes(person),
      ),
    ).length;
  const most = Math.max(...riskLevels.map(could));
  if (most >= min) return undefined;
  const wanted = min === 1 ? 'one approver' : `${min} approvers`;
  const of = from.length === 0 ? '' : ` of ${from.join(' or ')}`;
  return `${wanted}${of} must agree, and ${view.name} has ${most === 0 ? 'none' : most}`;
}

/** With a file that is broken or forged nobody's approval holds: an answer, and no reason to lose what else was asked. */
function unreadable(error: unknown): VigieError {
  if (error instanceof VigieError && (error.code === 'BAD_SIGNATURE' || error.code === 'INVALID_CONFIG'))
    return error;
  throw error;
}
