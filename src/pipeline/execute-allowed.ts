import type { Decision } from '../core/decision.ts';
import { limits } from '../core/limits.ts';
import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import type { Within } from '../store/budget.ts';
import type { GateUse } from '../store/gates.ts';
import { forRecord } from './ask.ts';
import { auditFacts } from './audit-facts.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { execute } from './execute.ts';
import type { Exit } from './exit.ts';
import { outcomeResult } from './outcome-result.ts';
import { ownName } from './owner.ts';
import type { Standing } from './standing-approval.ts';
import type { Environment, Vigie } from './vigie.ts';

/** Policy or a standing approval allows it: recorded as started with its rule, executed in this process. `instead`: the budget does not, and nothing was done. */
export async function executeAllowed(
  vigie: Vigie,
  allowed: {
    plan: Plan;
    decision: Decision;
    within: Within;
    environment: Environment;
    call: Call;
    exit: Exit;
    /** The approval that it goes under; absent: policy's own word. */
    standing?: Standing;
    /** With it, of a gate: what may go under it once. */
    use?: GateUse;
  },
): Promise<CallResult | { instead: Decision }> {
  const { plan, decision, within, environment, call, exit, standing, use } = allowed;
  const store = await vigie.store();
  const reach = await environment.change(new AbortController().signal);
  const said = await textsOf(call.input);
  const redactor = exit.redactor.leaving(said);
  const started = await store.changes.propose({
    ...(await forRecord(plan, { known: environment.known, redactor })),
    state: 'executing',
    owner: ownName,
    leaseMs: limits.leaseMs,
    within,
    ...(standing === undefined ? {} : { approval: standing.approval }),
    ...(use === undefined ? {} : { use }),
    audit: {
      event: 'started',
      changeId: plan.id,
      environment: plan.environment,
      facts: await auditFacts(vigie, {
        actor: plan.actor,
        plan,
        reach,
        more: { rule: decision.rule, ...(standing === undefined ? {} : { standing: standing.facts }) },
      }),
    },
  });
  if ('instead' in started) return started;
  const execution = await execute(vigie, {
    plan,
    environment,
    reach,
    epoch: started.epoch,
    signal: call.signal,
    progress: message => call.progress?.(exit.line(message, redactor)),
    ...(call.local === undefined ? {} : { local: call.local }),
  });
  return outcomeResult({ plan, execution, reach, said }, exit);
}
