import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { ReplicaSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { nonZero } from '../../kubernetes/non-zero.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { availableAtMs, countReady, isActive, isReady } from '../../kubernetes/pod-readiness.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { ClusterView, Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { lettersFrom } from './naming.ts';
import { adopt, observed, podFrom, selects, statusOf, wakeAtOf } from './owners.ts';
import { podKeeper } from './pod-keeper.ts';

/** As many pods as one round makes: a larger scale-up takes several rounds, as a real controller's burst does. */
const burst = 500;
const { make, stop, refusal } = podKeeper('replicaset-controller');
const failureType = 'ReplicaFailure';

/** Keeps as many pods of its template as a replica set asks for. */
export const replicaSetController = eachObject('ReplicaSet', {
  name: 'replicaset',
  watches: ['Pod'],
  concerned(pod, view) {
    if (controllerUid(pod) !== undefined) return [];
    return ofKind(view.list('ReplicaSet', pod.metadata.namespace), 'ReplicaSet').filter(set =>
      selects(set, pod),
    );
  },
  reconcile(set, { view, nowMs }) {
    const owned = ofKind(view.dependentsOf(set.metadata.uid ?? ''), 'Pod').filter(isActive);
    const adopted = isDeleting(set) ? [] : orphansOf(view, set);
    const pods = [...owned, ...adopted];
    const wanted = isDeleting(set) ? pods.length : (set.spec.replicas ?? 1);
    const victims = new Set(
      pods.length > wanted ? rankForDeletion(pods, nowMs).slice(0, pods.length - wanted) : [],
    );
    // Pods that go count no more; those that are made count when they are there.
    const kept = pods.filter(pod => !victims.has(pod));
    const counts = countReady(kept, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs });
    const status = statusFor(set, { ...counts, replicas: kept.length });
    const missing = Math.min(wanted - kept.length, burst);
    return {
      operations: [
        ...adopted.map(pod => adopt(pod, set)),
        ...[...victims].flatMap(pod => stop(set, pod)),
        ...create(view, { set, count: missing, refused: why => fail(set, { status, why, nowMs }), nowMs }),
        ...statusOf(set, status),
      ],
      ...wakeAtOf([counts.nextAvailableMs]),
    };
  },
});

function orphansOf(view: ClusterView, set: ReplicaSet): Pod[] {
  return ofKind(view.unowned('Pod'), 'Pod').filter(pod => isActive(pod) && selects(set, pod));
}

function create(
  view: ClusterView,
  {
    set,
    count,
    refused,
    nowMs,
  }: { set: ReplicaSet; count: number; refused: (why: string) => Operation[]; nowMs: number },
): Operation[] {
  const operations: Operation[] = [];
  // Counted from the set's own birth, a replayed life gives its pods the same names whenever it is replayed.
  const ageMs = nowMs - Date.parse(set.metadata.creationTimestamp ?? '');
  for (let index = 0; operations.length < 2 * count; index++) {
    const name = `${set.metadata.name}-${lettersFrom(`${set.metadata.uid}/${ageMs}/${index}`, 5)}`;
    if (findIn(view, 'Pod', { name, namespace: set.metadata.namespace ?? '' }) !== undefined) continue;
    const pod = podFrom(set, { template: set.spec.template, name });
    operations.push(...make(set, { pod, refused }));
  }
  return operations;
}

/** What a set shows while its pods are refused. */
function fail(
  set: ReplicaSet,
  { status, why, nowMs }: { status: NonNullable<ReplicaSet['status']>; why: string; nowMs: number },
): Operation[] {
  const before = conditionOf(set.status?.conditions, failureType);
  const failure = {
    type: failureType,
    status: 'True',
    reason: 'FailedCreate',
    message: why,
    lastTransitionTime: timestampAt(nowMs),
  };
  // Each attempt draws a name of its own; another one in the same message is no news.
  const conditions = [...(status.conditions ?? []), before ?? failure];
  return refusal(set, statusOf(set, { ...status, conditions }))(why);
}

/**
 * Which pods go first when a set shrinks: not yet on a node, then not running, not ready, of a low deletion cost,
 * on a node with more of their kind, then those that became ready last, restarted more, are younger.
 */
function rankForDeletion(pods: readonly Pod[], nowMs: number): Pod[] {
  const onNode = new Map<string, number>();
  for (const pod of pods) onNode.set(pod.spec.nodeName ?? '', (onNode.get(pod.spec.nodeName ?? '') ?? 0) + 1);
  const keyOf = (pod: Pod): number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0),
    -(onNode.get(pod.spec.nodeName ?? '') ?? 0),
    -Math.min(availableAtMs(pod, 1), nowMs),
    -(pod.status?.containerStatuses ?? []).reduce((most, status) => Math.max(most, status.restartCount), 0),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  const ranked = pods.map(pod => ({ pod, key: keyOf(pod) }));
  ranked.sort((a, b) => compareKeys(a.key, b.key) || (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1));
  return ranked.map(({ pod }) => pod);
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function statusFor(
  set: ReplicaSet,
  { replicas, ready, available }: { replicas: number; ready: number; available: number },
): NonNullable<ReplicaSet['status']> {
  const conditions = (set.status?.conditions ?? []).filter(({ type }) => type !== failureType);
  return {
    replicas,
    ...nonZero({ fullyLabeledReplicas: replicas, readyReplicas: ready, availableReplicas: available }),
    ...observed(set),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}
