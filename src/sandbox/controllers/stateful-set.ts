import type { JsonObject } from '../../core/json.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { StatefulSet } from '../../kubernetes/kinds/workloads.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ClusterView, Controller, Operation } from './controller.ts';
import { deleteOf, groupByController, isDeleting, nonZero, podFrom, statusOf } from './owners.ts';
import { countReady, isReady } from './pod-readiness.ts';
import { recordRevision, revisionHash, revisionLabel } from './revisions.ts';

const reporter = 'statefulset-controller';

/**
 * Keeps numbered pods with claims of their own: each starts when those below it are ready, the highest stops first,
 * and an update replaces them one by one from the highest down to the partition.
 */
export const statefulSetController: Controller = {
  name: 'statefulset',
  watches: ['StatefulSet', 'Pod', 'PersistentVolumeClaim', 'ControllerRevision'],
  reconcile(view, nowMs) {
    const podsByOwner = groupByController(ofKind(view.list('Pod'), 'Pod'));
    const operations: Operation[] = [];
    for (const set of ofKind(view.list('StatefulSet'), 'StatefulSet')) {
      if (isDeleting(set)) continue;
      const pods = (podsByOwner.get(set.metadata.uid ?? '') ?? []).sort(
        (a, b) => ordinalOf(a) - ordinalOf(b),
      );
      operations.push(
        ...recordRevision(view, set),
        ...step(view, { set, pods }),
        ...status(set, { pods, nowMs }),
      );
    }
    return { operations };
  },
};

function ordinalOf(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1));
}

function step(view: ClusterView, { set, pods }: { set: StatefulSet; pods: readonly Pod[] }): Operation[] {
  const wanted = set.spec.replicas ?? 1;
  const parallel = set.spec.podManagementPolicy === 'Parallel';
  const byOrdinal = new Map(pods.map(pod => [ordinalOf(pod), pod]));
  const operations: Operation[] = [];
  for (let ordinal = 0; ordinal < wanted; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) operations.push(...create(view, { set, ordinal }));
    // One that failed or was evicted is replaced under its own name.
    else if (pod.status?.phase === 'Failed' && !isDeleting(pod)) operations.push(...stop(set, pod));
    const settled = pod !== undefined && isReady(pod) && !isDeleting(pod);
    if (!settled && !parallel) return operations;
  }
  const surplus = pods.filter(pod => ordinalOf(pod) >= wanted).reverse();
  for (const pod of surplus) {
    if (!isDeleting(pod)) operations.push(...stop(set, pod));
    if (!parallel) return operations;
  }
  return [...operations, ...(surplus.length > 0 ? [] : update(set, pods))];
}

/** The highest pod of an older revision goes, once all others serve. */
function update(set: StatefulSet, pods: readonly Pod[]): Operation[] {
  const strategy = set.spec.updateStrategy;
  if (strategy?.type === 'OnDelete' || pods.some(pod => isDeleting(pod))) return [];
  const hash = revisionHash(set);
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  for (const pod of pods.filter(each => ordinalOf(each) >= partition).reverse()) {
    if (!isCurrent(pod, hash)) return stop(set, pod);
    if (!isReady(pod)) return [];
  }
  return [];
}

function isCurrent(pod: Pod, hash: string): boolean {
  return pod.metadata.labels?.[revisionLabel]?.endsWith(hash) === true;
}

function create(view: ClusterView, { set, ordinal }: { set: StatefulSet; ordinal: number }): Operation[] {
  const name = `${set.metadata.name}-${ordinal}`;
  const claims = (set.spec.volumeClaimTemplates ?? []).map(template => ({
    template,
    name: `${template.metadata.name}-${name}`,
  }));
  const volumes: JsonObject[] = [
    ...(set.spec.template.spec.volumes ?? []),
    ...claims.map(claim => ({
      name: claim.template.metadata.name,
      persistentVolumeClaim: { claimName: claim.name },
    })),
  ];
  const pod = podFrom(set, {
    template: set.spec.template,
    name,
    labels: {
      'apps.kubernetes.io/pod-index': String(ordinal),
      [revisionLabel]: `${set.metadata.name}-${revisionHash(set)}`,
      'statefulset.kubernetes.io/pod-name': name,
    },
    spec: {
      hostname: name,
      subdomain: set.spec.serviceName ?? '',
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  });
  const { namespace = '' } = set.metadata;
  const missing = claims.filter(
    claim =>
      view.get({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: claim.name, namespace }) ===
      undefined,
  );
  return [
    ...missing.map((claim): Operation => ({ do: 'create', object: claimOf(set, claim) })),
    { do: 'create', object: pod },
    tell(set, {
      reason: 'SuccessfulCreate',
      message: `create Pod ${name} in StatefulSet ${set.metadata.name} successful`,
    }),
  ];
}

type ClaimTemplate = NonNullable<StatefulSet['spec']['volumeClaimTemplates']>[number];

function claimOf(
  set: StatefulSet,
  { template, name }: { template: ClaimTemplate; name: string },
): KubeObject {
  const { namespace } = set.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...set.spec.selector.matchLabels, ...template.metadata.labels },
    },
    spec: template.spec,
  };
}

function stop(set: StatefulSet, pod: Pod): Operation[] {
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  return [deleteOf(pod), tell(set, { reason: 'SuccessfulDelete', message })];
}

function tell(about: StatefulSet, { reason, message }: { reason: string; message: string }): Operation {
  return { do: 'event', about, type: 'Normal', reason, message, from: reporter };
}

function status(set: StatefulSet, { pods, nowMs }: { pods: readonly Pod[]; nowMs: number }): Operation[] {
  const hash = revisionHash(set);
  const updateRevision = `${set.metadata.name}-${hash}`;
  const wanted = set.spec.replicas ?? 1;
  const alive = pods.filter(pod => !isDeleting(pod));
  const { ready, available } = countReady(alive, { minReadySeconds: set.spec.minReadySeconds ?? 0, nowMs });
  const updated = alive.filter(pod => isCurrent(pod, hash)).length;
  const before = set.status?.currentRevision;
  const done = updated === wanted && ready === wanted && pods.length === wanted;
  const currentRevision = done || before === undefined ? updateRevision : before;
  const onCurrent = alive.filter(pod => pod.metadata.labels?.[revisionLabel] === currentRevision).length;
  const { generation } = set.metadata;
  return statusOf(set, {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    replicas: alive.length,
    availableReplicas: available,
    ...nonZero({ readyReplicas: ready, currentReplicas: onCurrent, updatedReplicas: updated }),
    currentRevision,
    updateRevision,
    collisionCount: 0,
  });
}
