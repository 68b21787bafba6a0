import { isObject, type JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import { type Cluster, fetchObject } from '../cluster.ts';
import { requireNamespace } from '../create-object.ts';
import { deleteObject } from '../delete-object.ts';
import { failure, success } from '../status.ts';
import { readData } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';
import type { ObjectTarget } from './object-target.ts';
import { deleteOptions, isDryRun } from './options.ts';

/** POST of pods/x/eviction: a deletion that a PodDisruptionBudget may refuse with 429. */
export async function answerEviction(exchange: Exchange, target: ObjectTarget): Promise<void> {
  const { cluster } = exchange;
  const body = await readData(exchange);
  const options = deleteOptions(exchange, isObject(body) ? body['deleteOptions'] : undefined);
  const dryRun = options.dryRun || isDryRun(exchange);
  const { resource, namespace = '', name } = target;
  requireNamespace(cluster, { resource, namespace, name });
  const pod = fetchObject(cluster, target);
  const budget = hasPlace(pod) ? budgetOf(cluster, pod) : undefined;
  if (budget !== undefined && !isFree(budget, pod)) spendBudget(cluster, { budget, pod, dryRun });
  const live = dryRun ? pod : markDisrupted(cluster, pod);
  deleteObject(cluster, { resource: target.resource, live, ...options, dryRun });
  await sendJson(exchange, success({ code: 201 }), 201);
}

/** A pod that has not started, has ended or is going anyway is nobody's loss. */
function hasPlace({ metadata, status }: KubeObject): boolean {
  return status?.['phase'] === 'Running' && metadata.deletionTimestamp === undefined;
}

/** A pod that does not run well uses nothing up: always, or while the others are as many as there have to be. */
function isFree({ spec, status }: KubeObject, pod: KubeObject): boolean {
  const conditions = pod.status?.['conditions'];
  const list = Array.isArray(conditions) ? conditions : [];
  if (list.some(each => isObject(each) && each['type'] === 'Ready' && each['status'] === 'True'))
    return false;
  if (spec?.['unhealthyPodEvictionPolicy'] === 'AlwaysAllow') return true;
  const desired = numberIn(status, 'desiredHealthy');
  return desired > 0 && numberIn(status, 'currentHealthy') >= desired;
}

function numberIn(status: JsonObject | undefined, field: string): number {
  const value = status?.[field];
  return typeof value === 'number' ? value : 0;
}

function budgetOf(cluster: Cluster, pod: KubeObject): KubeObject | undefined {
  const budgets = cluster.state
    .list('policy/poddisruptionbudgets', `${pod.metadata.namespace}/`)
    .filter(({ spec }) => {
      const selector = spec?.['selector'];
      return isObject(selector) && matchesLabels(requirementsOf(selector), pod.metadata.labels);
    });
  if (budgets.length > 1)
    throw failure(500, {
      message:
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  return budgets[0];
}

function spendBudget(
  cluster: Cluster,
  { budget, pod, dryRun }: { budget: KubeObject; pod: KubeObject; dryRun: boolean },
): void {
  const status: JsonObject = budget.status ?? {};
  const { name, generation = 0 } = budget.metadata;
  if (numberIn(status, 'observedGeneration') < generation) {
    throw refused(`The disruption budget ${name} is still being processed by the server.`);
  }
  if (numberIn(status, 'disruptionsAllowed') <= 0) {
    const [desired, current] = [numberIn(status, 'desiredHealthy'), numberIn(status, 'currentHealthy')];
    throw refused(
      current > desired
        ? `The disruption budget ${name} does not allow evicting pods currently`
        : `The disruption budget ${name} needs ${desired} healthy pods and has ${current} currently`,
    );
  }
  if (dryRun) return;
  const disrupted = isObject(status['disruptedPods']) ? status['disruptedPods'] : {};
  cluster.state.put('policy/poddisruptionbudgets', {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: numberIn(status, 'disruptionsAllowed') - 1,
      disruptedPods: { ...disrupted, [pod.metadata.name]: cluster.clock.timestamp() },
    },
  });
}

function refused(why: string): Error {
  return failure(429, {
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message: why }] },
  });
}

function markDisrupted(cluster: Cluster, pod: KubeObject): KubeObject {
  const conditions = pod.status?.['conditions'];
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: cluster.clock.timestamp(),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const others = Array.isArray(conditions)
    ? conditions.filter(each => !isObject(each) || each['type'] !== 'DisruptionTarget')
    : [];
  return cluster.state.put('/pods', {
    ...pod,
    status: { ...pod.status, conditions: [...others, condition] },
  });
}
