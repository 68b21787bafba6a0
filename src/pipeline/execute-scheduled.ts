import type { CallResult } from '../core/result.ts';
import { trusted } from '../core/trusted-text.ts';
import { auditFacts } from './audit-facts.ts';
import { budgetHolder } from './budget-of.ts';
import { summarizeTargets } from './diff.ts';
import { executeAllowed } from './execute-allowed.ts';
import type { JudgedPlan } from './judged-plan.ts';
import { standingApproval } from './standing-approval.ts';
import type { Vigie } from './vigie.ts';

/**
 * A plan that goes under the approval of its schedule, or not at all: policy's own allow is not enough, and no ticket is
 * made of what nobody asked for. Policy has not denied it.
 */
export async function executeScheduled(
  vigie: Vigie,
  at: JudgedPlan & { schedule: string },
): Promise<CallResult> {
  const found = await standingApproval(vigie, at);
  if ('why' in found) return refuse(vigie, { ...at, ...found });
  const executed = await executeAllowed(vigie, { ...at, standing: found.stands });
  if ('instead' in executed) return refuse(vigie, { ...at, why: executed.instead.why });
  return executed;
}

/** Recorded as what policy denies is, one row a minute at most: a schedule may come round every minute. */
async function refuse(
  vigie: Vigie,
  at: JudgedPlan & { schedule: string; why: string; unaccepted?: true },
): Promise<CallResult> {
  const { schedule, why, plan, environment, call, exit } = at;
  const store = await vigie.store();
  await store.audit.countDenial({
    environment: environment.view.name,
    person: budgetHolder(vigie, call.actor.onBehalfOf),
    rule: 'schedule.approval',
    facts: await auditFacts(vigie, { actor: call.actor, plan, more: { tool: call.tool, schedule } }),
  });
  const summary = `${summarizeTargets(plan.previews)}: ${why}`;
  const next = at.unaccepted
    ? trusted`vigie policy accept`
    : trusted`vigie backups schedule ${schedule} -e ${environment.view.name} asks for its approval anew`;
  return exit.leave({
    status: 'plan_changed',
    data: { status: 'plan_changed', summary, rule: 'schedule.approval', risk: plan.risk.level },
    steps: { next },
    text: `plan_changed: ${summary}\nNothing was done: the approval of the schedule does not hold for it.\nNext: ${next}`,
  });
}
