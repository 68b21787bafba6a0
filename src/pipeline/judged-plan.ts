import type { Decision } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import type { Within } from '../store/budget.ts';
import type { Call } from './call.ts';
import type { Exit } from './exit.ts';
import type { ChangingReach, Environment } from './vigie.ts';

/** A plan of a call, as policy judged it, and what it takes to carry it out. */
export interface JudgedPlan {
  plan: Plan;
  decision: Decision;
  within: Within;
  environment: Environment;
  reach: ChangingReach;
  policyAccepted: boolean;
  call: Call;
  exit: Exit;
}
