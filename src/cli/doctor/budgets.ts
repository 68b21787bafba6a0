import type { Check } from '../../desk/checks/check.ts';
import { budgetInForce } from '../../pipeline/budget-of.ts';
import type { Vigie } from '../../pipeline/vigie.ts';

/** Whose budget is used up where, and until when; nothing while there is room. */
export async function* budgetChecks(vigie: Vigie): AsyncIterable<Check> {
  const { changes } = await vigie.store();
  const { accepted } = await vigie.policy();
  for (const environment of vigie.environments) {
    const { name } = environment.view;
    const budget = budgetInForce(environment, { policyAccepted: accepted });
    for (const { person, rule, why } of await changes.exhausted({ environment: name, budget }))
      yield {
        area: 'records',
        state: 'note',
        what: `${name}, on behalf of ${person}: ${why} (${rule})`,
        todo: `Look at what was done and asked for: vigie changes list --environment ${name}`,
      };
  }
}
