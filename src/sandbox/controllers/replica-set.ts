import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { ReplicaSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { ClusterView, Controller, Operation } from './controller.ts';
import { lettersFrom } from './naming.ts';
import {
  controlledBy,
  controllerUid,
  deleteOf,
  groupByController,
  isDeleting,
  nonZero,
  podFrom,
  statusOf,
  updateOf,
} from './owners.ts';
import { availableAtMs, countReady, isActive, isReady, wakeAtOf } from './pod-readiness.ts';

/** As many pods as one round makes: a larger scale-up takes several rounds, as a real controller's burst does. */
const burst = 500;
const reporter = 'replicaset-controller';

/** Keeps as many pods of its template as a replica set asks for. */
export const replicaSetController: Controller = {
  name: 'replicaset',
  watches: ['ReplicaSet', 'Pod'],
  reconcile(view, nowMs) {
    const pods = ofKind(view.list('Pod'), 'Pod');
    const podsByOwner = groupByController(pods);
    const adoptable = pods.filter(pod => controllerUid(pod) === undefined && isActive(pod));
    const operations: Operation[] = [];
    const moments: number[] = [];
    for (const set of ofKind(view.list('ReplicaSet'), 'ReplicaSet')) {
      const owned = (podsByOwner.get(set.metadata.uid ?? '') ?? []).filter(isActive);
      const adopted = isDeleting(set) ? [] : adoptable.filter(pod => belongsTo(set, pod));
      for (const pod of adopted) operations.push(adopt(set, pod));
      const change = isDeleting(set)
        ? keep([...owned, ...adopted])
        : manage(view, { set, pods: [...owned, ...adopted], nowMs });
      operations.push(...change.operations);
      const minReadySeconds = set.spec.minReadySeconds ?? 0;
      const counts = countReady(change.kept, { minReadySeconds, nowMs });
      moments.push(counts.nextAvailableMs);
      operations.push(
        ...statusOf(set, statusFor(set, { ...counts, replicas: change.kept.length + change.created })),
      );
    }
    return { operations, ...wakeAtOf(moments) };
  },
};

function belongsTo(set: ReplicaSet, pod: Pod): boolean {
  if (set.metadata.namespace !== pod.metadata.namespace) return false;
  return matchesLabels(requirementsOf(set.spec.selector), pod.metadata.labels);
}

function adopt(set: ReplicaSet, pod: Pod): Operation {
  const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controlledBy(set)];
  return updateOf({ ...pod, metadata: { ...pod.metadata, ownerReferences } });
}

/** What a round does to the pods of one set: those that stay, and how many are made. */
interface Managed {
  operations: Operation[];
  kept: readonly Pod[];
  created: number;
}

function keep(pods: readonly Pod[]): Managed {
  return { operations: [], kept: pods, created: 0 };
}

function manage(
  view: ClusterView,
  { set, pods, nowMs }: { set: ReplicaSet; pods: Pod[]; nowMs: number },
): Managed {
  const missing = (set.spec.replicas ?? 1) - pods.length;
  if (missing > 0)
    return {
      operations: create(view, { set, count: Math.min(missing, burst), nowMs }),
      kept: pods,
      created: Math.min(missing, burst),
    };
  if (missing === 0) return keep(pods);
  const victims = new Set(rankForDeletion(pods, nowMs).slice(0, -missing));
  return {
    operations: [...victims].flatMap(pod => [
      deleteOf(pod),
      event(set, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` }),
    ]),
    kept: pods.filter(pod => !victims.has(pod)),
    created: 0,
  };
}

function create(
  view: ClusterView,
  { set, count, nowMs }: { set: ReplicaSet; count: number; nowMs: number },
): Operation[] {
  const operations: Operation[] = [];
  // Counted from the set's own birth, a replayed life gives its pods the same names whenever it is replayed.
  const ageMs = nowMs - Date.parse(set.metadata.creationTimestamp ?? '');
  for (let index = 0; operations.length < 2 * count; index++) {
    const name = `${set.metadata.name}-${lettersFrom(`${set.metadata.uid}/${ageMs}/${index}`, 5)}`;
    if (
      view.get({ kind: 'Pod', apiVersion: 'v1', name, namespace: set.metadata.namespace ?? '' }) !== undefined
    )
      continue;
    operations.push(
      { do: 'create', object: podFrom(set, { template: set.spec.template, name }) },
      event(set, { reason: 'SuccessfulCreate', message: `Created pod: ${name}` }),
    );
  }
  return operations;
}

function event(about: ReplicaSet, { reason, message }: { reason: string; message: string }): Operation {
  return { do: 'event', about, type: 'Normal', reason, message, from: reporter };
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
) {
  const conditions = set.status?.conditions;
  return {
    replicas,
    ...nonZero({ fullyLabeledReplicas: replicas, readyReplicas: ready, availableReplicas: available }),
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}
