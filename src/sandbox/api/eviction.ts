import { isObject } from '../../core/json.ts';
import { coversPod, tollOf } from '../../kubernetes/disruption-budget.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Cluster } from '../cluster.ts';
import { disrupted } from '../controllers/owners.ts';
import { requireNamespace } from '../create-object.ts';
import { deleteObject } from '../delete-object.ts';
import { failure, success } from '../status.ts';
import { readData } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';
import { fetchPod, type ObjectTarget } from './object-target.ts';
import { deleteOptions, isDryRun } from './options.ts';

const budgets = 'policy/poddisruptionbudgets';
const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };

/** POST of pods/x/eviction: a deletion that a PodDisruptionBudget may refuse with 429. */
export async function answerEviction(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster } = exchange;
  const body = await readData(exchange);
  const options = deleteOptions(exchange, isObject(body) ? body['deleteOptions'] : undefined);
  const dryRun = options.dryRun || isDryRun(exchange);
  const { resource, namespace = '', name } = target;
  requireNamespace(cluster, { resource, namespace, name });
  const pod = fetchPod(exchange, target);
  const budget = budgetOf(cluster, pod);
  const toll = budget === undefined ? 'nothing' : tollOf(budget, pod);
  if (typeof toll === 'object') throw refused(toll.refused);
  const time = cluster.clock.timestamp();
  if (budget !== undefined && toll === 'one' && !dryRun) {
    const { status = {} } = budget;
    const disruptionsAllowed = (status.disruptionsAllowed ?? 0) - 1;
    const disruptedPods = { ...status.disruptedPods, [name]: time };
    cluster.state.put(budgets, { ...budget, status: { ...status, disruptionsAllowed, disruptedPods } });
  }
  const live = dryRun
    ? pod
    : cluster.state.put('/pods', { ...pod, status: disrupted(pod, { ...why, time }) });
  deleteObject(cluster, { resource: target.resource, live, ...options, dryRun });
  await sendJson(exchange, success({ code: 201 }), 201);
}

function budgetOf({ state }: Cluster, pod: Pod): PodDisruptionBudget | undefined {
  const covering = ofKind(state.list(budgets, `${pod.metadata.namespace}/`), 'PodDisruptionBudget').filter(
    budget => coversPod(budget, pod),
  );
  if (covering.length > 1 && pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined)
    throw failure(500, {
      message:
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  return covering[0];
}

function refused(message: string): Error {
  return failure(429, {
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message }] },
  });
}
