import { type Decision, decide } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import { makersOf } from './makers.ts';
import { whyAsked } from './may-approve.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

/** Stage 6: what policy says of a plan that was just made. */
export async function judgePlan(
  vigie: Vigie,
  at: { plan: Plan; environment: Environment; reach: ChangingReach; policyAccepted: boolean },
): Promise<Decision> {
  const { plan, environment, reach, policyAccepted } = at;
  return decide({
    previews: plan.previews,
    makers: await makersOf(plan.previews, { reach, environment }),
    risk: plan.risk,
    policy: environment.rules,
    policyAccepted,
    asks: whyAsked(plan),
    now: vigie.now(),
  });
}
