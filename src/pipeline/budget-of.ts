import { defaultBudget, stricterBudget } from '../core/budget.ts';
import { hmacHex } from '../core/digest.ts';
import { canonicalJson } from '../core/json.ts';
import type { Plan } from '../core/plan.ts';
import type { Budget, Denial } from '../core/policy.ts';
import type { Within } from '../store/budget.ts';
import type { Environment, Vigie } from './vigie.ts';

/** The name of a uid that the system does not list. */
const unlisted = /^uid-\d+$/;

/**
 * Whose budget a person's agents spend: the person's, under whichever of the logins they come. All uids that neither
 * the system nor vigie.yaml names spend one: whoever may take one such uid may take thousands.
 */
export function budgetHolder(vigie: Vigie, onBehalfOf: string): string {
  return vigie.personBehind(onBehalfOf) ?? (unlisted.test(onBehalfOf) ? 'uid-*' : onBehalfOf);
}

/** A policy that no approver has accepted gives no more room than the defaults. */
export function budgetInForce(
  { rules }: Environment,
  { policyAccepted }: { policyAccepted: boolean },
): Budget {
  return policyAccepted ? rules.budget : stricterBudget(rules.budget, defaultBudget);
}

/**
 * One ticket too many is denied before the cluster previews it, so that a flood costs it nothing. Where policy lets some
 * changes go by themselves only the preview tells which, and it is judged when the ticket is recorded.
 */
export async function denyFlood(
  vigie: Vigie,
  at: { environment: Environment; onBehalfOf: string; policyAccepted: boolean },
): Promise<Denial | undefined> {
  const { environment, policyAccepted } = at;
  const { low, medium, high } = environment.rules;
  if (policyAccepted && [low, medium, high].includes('allow')) return undefined;
  const { changes } = await vigie.store();
  return changes.overProposals({
    environment: environment.view.name,
    person: budgetHolder(vigie, at.onBehalfOf),
    budget: budgetInForce(environment, { policyAccepted }),
  });
}

/** What a plan is recorded within. */
export async function budgetOf(
  vigie: Vigie,
  at: { plan: Plan; environment: Environment; policyAccepted: boolean },
): Promise<Within> {
  const { plan } = at;
  return {
    person: budgetHolder(vigie, plan.actor.onBehalfOf),
    budget: budgetInForce(at.environment, { policyAccepted: at.policyAccepted }),
    question: questionOf(plan, (await vigie.keys()).digest),
  };
}

/** The same for the same call, though a plan may hold the time at which it was made; the asker's words are no part of it. */
function questionOf({ environment, tool, input }: Plan, key: Uint8Array): string {
  const { reason: _words, waitSeconds: _wait, ...asked } = input;
  return hmacHex(key, canonicalJson({ v: 1, question: { environment, tool, asked } }));
}
