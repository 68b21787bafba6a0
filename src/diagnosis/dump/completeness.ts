import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import { isKind, isKnownKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { podReferences } from '../../kubernetes/pod-references.ts';

/*
 * Whether the objects of a kind that a dump does not hold do not exist, or were not dumped. Whoever dumps with `kubectl
 * get all` leaves out most kinds; whoever dumps everything often leaves out Secrets. A missing reference is a fault only
 * in what was dumped.
 */

/** What `kubectl get all`, events and `kubectl cluster-info dump` give. */
const inEveryDump: ReadonlySet<string> = new Set([
  'Pod',
  'ReplicationController',
  'Service',
  'DaemonSet',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'CronJob',
  'Job',
  'Event',
  'Node',
  'Namespace',
]);

/** Kinds of which a working cluster always holds some: a dump without one did not ask for it. */
const neverEmpty: ReadonlySet<string> = new Set([
  'Pod',
  'ReplicaSet',
  'ControllerRevision',
  'EndpointSlice',
  'Endpoints',
  'Event',
  'Namespace',
  'Node',
  'Lease',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'PriorityClass',
  'APIService',
  'CustomResourceDefinition',
]);

/** Kinds without a namespace: a dump of namespaces leaves them out, all together. */
const ofTheCluster: ReadonlySet<string> = new Set([
  'StorageClass',
  'IngressClass',
  'PersistentVolume',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]);

/** Which of the wanted kinds were dumped, whole; the others are not known. */
export function dumpedKinds(
  wanted: readonly string[],
  {
    objects,
    emptyLists,
    faulty,
  }: {
    objects: readonly KubeObject[];
    emptyLists: ReadonlySet<string>;
    /** Some of it could not be read: that may have been all objects of a kind. */
    faulty: boolean;
  },
): Set<string> {
  const held = new Set(objects.map(({ kind }) => kind));
  const complete = [...held].some(kind => !inEveryDump.has(kind));
  const wholeCluster = [...held].some(kind => ofTheCluster.has(kind) || clusterKinds.has(kind));
  const proven = neededByWhatWorks(objects);
  if (objects.some(isHeldByQuota)) proven.add('ResourceQuota');
  return new Set(
    wanted.filter(kind => {
      if (held.has(kind) || emptyLists.has(kind.toLowerCase())) return true;
      if (!complete || faulty || neverEmpty.has(kind) || !isKnownOrWebhook(kind)) return false;
      if (ofTheCluster.has(kind)) return wholeCluster;
      return !proven.has(kind);
    }),
  );
}

const clusterKinds: ReadonlySet<string> = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'PriorityClass',
  'APIService',
  'CustomResourceDefinition',
]);

function isKnownOrWebhook(kind: string): boolean {
  return isKnownKind(kind) || ofTheCluster.has(kind);
}

/** Kinds that something which works refers to: they exist, whether dumped or not. */
function neededByWhatWorks(objects: readonly KubeObject[]): Set<string> {
  const kinds = new Set<string>();
  for (const object of objects) {
    const spec = workingSpec(object);
    if (spec === undefined) continue;
    for (const { kind, optional } of podReferences(spec)) if (!optional) kinds.add(kind);
  }
  return kinds;
}

/** The pod spec of what runs as it should. */
function workingSpec(object: KubeObject): object | undefined {
  if (isKind(object, 'Pod')) {
    const { phase, containerStatuses = [] } = object.status ?? {};
    const runs = phase === 'Running' && containerStatuses.every(({ ready }) => ready);
    return runs && containerStatuses.length > 0 ? object.spec : undefined;
  }
  if (isKind(object, 'Deployment') || isKind(object, 'StatefulSet')) {
    const { readyReplicas = 0, updatedReplicas = 0 } = object.status ?? {};
    const wanted = object.spec.replicas ?? 1;
    const works = wanted > 0 && readyReplicas >= wanted && updatedReplicas >= wanted;
    return works ? object.spec.template.spec : undefined;
  }
  return undefined;
}

/** What its controller says of a quota in its status tells that there is one, dumped or not. */
function isHeldByQuota(object: KubeObject): boolean {
  if (!isKind(object, 'Deployment') && !isKind(object, 'ReplicaSet')) return false;
  const { status, message = '' } = conditionOf(object.status?.conditions, 'ReplicaFailure') ?? {};
  return status === 'True' && /\b(?:exceeded|failed) quota: /.test(message);
}
