import type { Plan } from '../core/plan.ts';
import type { CallResult } from '../core/result.ts';
import { auditFacts } from './audit-facts.ts';
import { budgetHolder } from './budget-of.ts';
import type { Call } from './call.ts';
import { textsOf } from './callers-words.ts';
import { summarizeTargets } from './diff.ts';
import type { Exit } from './exit.ts';
import type { Environment, Vigie } from './vigie.ts';

/**
 * Policy said no: recorded, and told with the rule, which is no error and no person's no. What would have changed is told
 * by its objects alone: beside the caller's words stands nothing of the cluster that a guess could uncover.
 */
export async function deny(
  vigie: Vigie,
  refused: { rule: string; why: string; call: Call; environment: Environment; exit: Exit; plan?: Plan },
): Promise<CallResult> {
  const { rule, why, call, environment, exit, plan } = refused;
  const store = await vigie.store();
  await store.audit.countDenial({
    environment: environment.view.name,
    person: budgetHolder(vigie, call.actor.onBehalfOf),
    rule,
    facts: await auditFacts(vigie, {
      actor: call.actor,
      ...(plan === undefined ? {} : { plan }),
      more: { tool: call.tool },
    }),
  });
  const head = await store.audit.head();
  const what = plan === undefined ? call.tool : summarizeTargets(plan.previews);
  const summary = `${what}: ${why}`;
  return exit.leave({
    status: 'denied',
    data: {
      status: 'denied',
      summary,
      rule,
      ...(plan === undefined ? {} : { risk: plan.risk.level }),
      auditHead: head.hash,
    },
    text: `denied by ${rule}: ${summary}`,
    said: await textsOf(call.input),
  });
}
