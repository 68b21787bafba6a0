import type { JsonObject } from '../../core/json.ts';
import type { Pod, PodTemplate } from '../../kubernetes/kinds/pod.ts';
import type { StatefulSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { nonZero } from '../../kubernetes/non-zero.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { availableAtMs, countReady } from '../../kubernetes/pod-readiness.ts';
import type { ClusterView, Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { deleteOf, observed, podFrom, statusOf, wakeAtOf } from './owners.ts';
import { recordRevision, revisionHash, revisionLabel, templateOf } from './revisions.ts';
import { claimsFor, missingClaims, ownClaims } from './set-claims.ts';

const { tell, warn } = eventsFrom('statefulset-controller');

/**
 * Keeps numbered pods with claims of their own: each starts when those below it are ready, the highest stops first,
 * and an update replaces them one by one from the highest down to the partition.
 */
export const statefulSetController = eachObject('StatefulSet', {
  name: 'statefulset',
  watches: ['Pod', 'PersistentVolumeClaim', 'ControllerRevision'],
  reconcile(set, { view, nowMs }) {
    if (isDeleting(set)) return { operations: [] };
    const pods = ofKind(view.dependentsOf(set.metadata.uid ?? ''), 'Pod').sort(
      (a, b) => ordinalOf(a) - ordinalOf(b),
    );
    const counts = countReady(pods, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs });
    const shown = status(set, { pods, counts });
    return {
      operations: [
        ...recordRevision(view, set),
        ...ownClaims(view, { set, pods, isSurplus: pod => !isWanted(set, pod) }),
        ...step({ view, set, pods, shown, nowMs }),
        ...shown,
      ],
      ...wakeAtOf([counts.nextAvailableMs]),
    };
  },
});

function ordinalOf(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1));
}

function isWanted(set: StatefulSet, pod: Pod): boolean {
  const first = set.spec.ordinals?.start ?? 0;
  return ordinalOf(pod) >= first && ordinalOf(pod) < first + (set.spec.replicas ?? 1);
}

interface Round {
  view: ClusterView;
  set: StatefulSet;
  /** By ordinal. */
  pods: readonly Pod[];
  /** What the status becomes. */
  shown: readonly Operation[];
  nowMs: number;
}

/** In order, a pod that is not available keeps all others from being made, stopped or updated: a broken one holds even its own repair. */
function step(round: Round): Operation[] {
  const { set, pods } = round;
  const first = set.spec.ordinals?.start ?? 0;
  const inOrder = set.spec.podManagementPolicy !== 'Parallel';
  const byOrdinal = new Map(pods.map(pod => [ordinalOf(pod), pod]));
  const operations: Operation[] = [];
  for (let ordinal = first; ordinal < first + (set.spec.replicas ?? 1); ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) operations.push(...create(round, ordinal));
    // One that has ended is replaced under its own name.
    else if (hasEnded(pod) && !isDeleting(pod)) operations.push(...stop(set, pod));
    const settled = pod !== undefined && isAvailable(round, pod);
    if (!settled && inOrder) return operations;
  }
  const surplus = pods.filter(pod => !isWanted(set, pod)).reverse();
  const firstBroken = surplus.findLast(pod => !isAvailable(round, pod));
  for (const pod of surplus) {
    const waits = inOrder && !isAvailable(round, pod) && pod !== firstBroken;
    if (!isDeleting(pod) && !waits) operations.push(...stop(set, pod));
    if (inOrder) return operations;
  }
  return [...operations, ...(surplus.length > 0 ? [] : update(round))];
}

function hasEnded({ status: state }: Pod): boolean {
  return state?.phase === 'Failed' || state?.phase === 'Succeeded';
}

function isAvailable({ set, nowMs }: Round, pod: Pod): boolean {
  return !isDeleting(pod) && availableAtMs(pod, set.spec.minReadySeconds ?? 0) <= nowMs;
}

/** The highest pod of an older revision goes, once all others serve. */
function update(round: Round): Operation[] {
  const { set, pods } = round;
  const strategy = set.spec.updateStrategy;
  if (strategy?.type === 'OnDelete' || pods.some(pod => isDeleting(pod))) return [];
  const hash = revisionHash(set);
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  for (const pod of pods.filter(each => ordinalOf(each) >= partition).reverse()) {
    if (!isCurrent(pod, hash)) return stop(set, pod);
    if (!isAvailable(round, pod)) return [];
  }
  return [];
}

function isCurrent(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[revisionLabel]?.endsWith(hash) === true;
}

function create({ view, set, shown }: Round, ordinal: number): Operation[] {
  const name = `${set.metadata.name}-${ordinal}`;
  const { template, revision } = revisionFor(view, { set, ordinal });
  const volumes: JsonObject[] = [
    ...(template.spec.volumes ?? []),
    ...claimsFor(set, name).map(claim => ({
      name: claim.template.metadata.name,
      persistentVolumeClaim: { claimName: claim.name },
    })),
  ];
  const pod = podFrom(set, {
    template,
    name,
    labels: {
      'apps.kubernetes.io/pod-index': String(ordinal),
      [revisionLabel]: revision,
      'statefulset.kubernetes.io/pod-name': name,
    },
    spec: {
      hostname: name,
      subdomain: set.spec.serviceName ?? '',
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  });
  const failed =
    (what: string) =>
    (why: string): Operation[] => [
      ...shown,
      warn(set, {
        reason: 'FailedCreate',
        message: `Create ${what} in StatefulSet ${set.metadata.name} failed error: ${why}`,
      }),
    ];
  const made = (what: string, end: string) =>
    tell(set, {
      reason: 'SuccessfulCreate',
      message: `Create ${what} in StatefulSet ${set.metadata.name} ${end}`,
    });
  return [
    ...missingClaims(view, { set, podName: name }).flatMap((claim): Operation[] => [
      { do: 'create', object: claim, refused: failed(`Claim ${claim.metadata.name} for Pod ${name}`) },
      made(`Claim ${claim.metadata.name} Pod ${name}`, 'success'),
    ]),
    { do: 'create', object: pod, refused: failed(`Pod ${name}`) },
    made(`Pod ${name}`, 'successful'),
  ];
}

/** Below the partition a pod comes back as it was, whatever the template says by now. */
function revisionFor(
  view: ClusterView,
  { set, ordinal }: { set: StatefulSet; ordinal: number },
): { template: PodTemplate; revision: string } {
  const revision = set.status?.currentRevision;
  const kept = ordinal < (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0) && revision !== undefined;
  const template = kept ? templateOf(view, { set, revision }) : undefined;
  if (template !== undefined && revision !== undefined) return { template, revision };
  return { template: set.spec.template, revision: `${set.metadata.name}-${revisionHash(set)}` };
}

function stop(set: StatefulSet, pod: Pod): Operation[] {
  const message = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  return [deleteOf(pod), tell(set, { reason: 'SuccessfulDelete', message })];
}

function status(
  set: StatefulSet,
  {
    pods,
    counts: { ready, available },
  }: { pods: readonly Pod[]; counts: { ready: number; available: number } },
): Operation[] {
  const hash = revisionHash(set);
  const updateRevision = `${set.metadata.name}-${hash}`;
  const wanted = set.spec.replicas ?? 1;
  const alive = pods.filter(pod => !isDeleting(pod));
  const updated = alive.filter(pod => isCurrent(pod, hash)).length;
  const before = set.status?.currentRevision;
  const done = updated === wanted && ready === wanted && pods.length === wanted;
  const currentRevision = done || before === undefined ? updateRevision : before;
  const onCurrent = alive.filter(pod => pod.metadata.labels?.[revisionLabel] === currentRevision).length;
  return statusOf(set, {
    ...observed(set),
    replicas: pods.length,
    availableReplicas: available,
    ...nonZero({ readyReplicas: ready, currentReplicas: onCurrent, updatedReplicas: updated }),
    currentRevision,
    updateRevision,
    collisionCount: 0,
  });
}
