import { decide, riskOfPlan } from '../core/decision.ts';
import { VigieError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Denial } from '../core/policy.ts';
import type { Preview } from '../core/preview.ts';
import { trusted } from '../core/trusted-text.ts';
import type { ChangeRecord } from '../store/change-reader.ts';
import { admit, admitTargets } from './admit.ts';
import { checkClock } from './clock.ts';
import { makersOf } from './makers.ts';
import { digestOf } from './plan.ts';
import { previewAll } from './preview.ts';
import { refuseExpired } from './refuse-expired.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';
import type { ChangingReach, Environment, Vigie } from './vigie.ts';

/** An open ticket with its sealed plan. */
export interface OpenTicket {
  record: ChangeRecord;
  plan: Plan;
  environment: Environment;
}

/** Reads a ticket that can still be decided. @throws VigieError UNKNOWN_CHANGE, TICKET_CLOSED, UNKNOWN_ENVIRONMENT */
export async function readTicket(vigie: Vigie, id: string): Promise<OpenTicket> {
  const store = await vigie.store();
  await store.changes.expireDue();
  const record = await store.changes.get(id);
  if (record.state !== 'waiting')
    throw new VigieError(
      'TICKET_CLOSED',
      `Ticket ${record.id} is closed: ${record.state}${record.decidedBy === undefined ? '' : ` by ${record.decidedBy}`}.`,
      {
        hint:
          record.state === 'done'
            ? trusted`vigie undo ${record.id} takes it back.`
            : record.state === 'approved'
              ? trusted`Its run makes use of it: vigie runs show ${record.actor.run ?? ''}`
              : 'Ask for the change again.',
        details: { state: record.state },
      },
    );
  const plan = await store.changes.plan(record.id);
  refuseExpired(plan, vigie.now());
  const environment = vigie.environments.find(each => each.view.name === plan.environment);
  if (environment === undefined)
    throw new VigieError(
      'UNKNOWN_ENVIRONMENT',
      `Ticket ${record.id} is for environment ${plan.environment}, which this configuration does not have.`,
      {
        hint: 'Use the configuration that the change was asked with (--config).',
        details: { environments: vigie.environments.map(each => each.view.name) },
      },
    );
  return { record, plan, environment };
}

/** What asking again came to: still so, refused by policy now, or another effect than the one that was shown. */
export type Recheck =
  | { still: 'so'; plan: Plan }
  | { still: 'denied'; denial: Denial }
  | { still: 'changed'; previews: Preview[]; why: string };

/** Stage 8: the same question asked again of policy and cluster, from the stored changes. @throws VigieError WRONG_CLUSTER */
export async function recheck(
  vigie: Vigie,
  ticket: Pick<OpenTicket, 'plan' | 'environment'> & { reach: ChangingReach },
): Promise<Recheck> {
  const { plan, environment, reach } = ticket;
  refuseOtherCluster(plan.cluster, { environment: plan.environment, found: await reach.identity() });
  const denial = (await admit(vigie, environment)) ?? admitTargets(environment, plan.changes);
  if (denial !== undefined) return { still: 'denied', denial };
  const previews = await previewOrConflict(plan, reach);
  if (typeof previews === 'string') return { still: 'changed', previews: [], why: previews };
  checkClock(reach, { environment, now: vigie.now() });
  const keys = await vigie.keys();
  const digest = digestOf({
    environment: plan.environment,
    cluster: plan.cluster,
    actor: plan.actor,
    previews,
    gate: plan.gate,
    from: plan.from,
    keys,
    volatile: plan.previews.map(preview => preview.volatile),
  });
  if (digest !== plan.digest)
    return {
      still: 'changed',
      previews,
      why: 'the cluster is no longer as it was when the change was asked for',
    };
  // Judged anew, not taken from the plan: the rules may have become stricter since.
  const risk = riskOfPlan(previews, environment.rules.maxTargets);
  const policy = await vigie.policy();
  const decision = decide({
    previews,
    makers: await makersOf(previews, { reach, environment }),
    risk,
    policy: environment.rules,
    policyAccepted: policy.accepted,
    now: vigie.now(),
  });
  if (decision.verdict === 'deny') return { still: 'denied', denial: decision };
  return { still: 'so', plan: { ...plan, previews, risk } };
}

async function previewOrConflict(plan: Plan, reach: ChangingReach): Promise<Preview[] | string> {
  try {
    return await previewAll(plan.changes, reach);
  } catch (error) {
    const moved =
      error instanceof VigieError &&
      ['CONFLICT', 'NOT_FOUND', 'ALREADY_EXISTS', 'REJECTED_BY_SERVER'].includes(error.code);
    if (!moved) throw error;
    return error.message;
  }
}
