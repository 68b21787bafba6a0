import { endOfJob } from '../../kubernetes/job-end.ts';
import type { Container, ContainerStatus, Pod, PodTemplate } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { controllerOf, controllerUid, isDeleting } from '../../kubernetes/owners.ts';
import { revisionOf } from '../../kubernetes/revisions.ts';
import { madeBy } from '../made-by.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

/** One container of a template, and where it stands. */
export interface Declared {
  container: Container;
  /** An init container that keeps running is a sidecar. */
  part: 'init' | 'sidecar' | 'main';
  /** `spec.template.spec.containers[0]`. */
  at: string;
}

/** One container of one pod, as its kubelet tells of it. */
export interface Instance extends Declared {
  pod: Pod;
  status: ContainerStatus;
}

export function declaredIn(spec: PodTemplate['spec'], at: string): Declared[] {
  return [
    ...(spec.initContainers ?? []).map(
      (container, index): Declared => ({
        container,
        part: container.restartPolicy === 'Always' ? 'sidecar' : 'init',
        at: `${at}.initContainers[${index}]`,
      }),
    ),
    ...spec.containers.map(
      (container, index): Declared => ({
        container,
        part: 'main',
        at: `${at}.containers[${index}]`,
      }),
    ),
  ];
}

/**
 * The containers of the pods that a workload wants now, as far as they were read and are not on their way out. Pods of a
 * Deployment's older revisions are being replaced, and say nothing of what is wrong.
 */
export function instancesOf(set: PodSet, snapshot: Snapshot): Instance[] {
  const newest = newestReplicaSet(set, snapshot)?.metadata.uid;
  return set.pods.flatMap(pod => {
    if (isDeleting(pod) || pod.status?.phase === 'Succeeded') return [];
    const owner = controllerUid(pod);
    if (newest !== undefined && owner !== undefined && owner !== newest) return [];
    if (isOfEndedJob(pod, snapshot)) return [];
    const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    return declaredIn(pod.spec, set.at).flatMap(declared => {
      const status = statuses.find(({ name }) => name === declared.container.name);
      return status === undefined ? [] : [{ ...declared, pod, status }];
    });
  });
}

/** What a Job's pods suffer is over when the Job is; why it failed is told of the Job. */
function isOfEndedJob(pod: Pod, snapshot: Snapshot): boolean {
  if (controllerOf(pod)?.kind !== 'Job') return false;
  const job = snapshot.makerOf(pod);
  if (job === undefined || !isKind(job, 'Job')) return pod.status?.phase === 'Failed';
  return endOfJob(job) !== undefined;
}

function newestReplicaSet({ object }: PodSet, snapshot: Snapshot): KubeObject | undefined {
  if (!isKind(object, 'Deployment')) return undefined;
  const sets = madeBy(object, { kind: 'ReplicaSet', snapshot }).filter(set => revisionOf(set) >= 0);
  return sets.toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
}

/** Whether anybody waits for pods of it: scaled to zero and suspended work wants none; a schedule will. */
export function isWanted({ object, wanted }: PodSet): boolean {
  if (isDeleting(object)) return false;
  if (isKind(object, 'CronJob')) return object.spec.suspend !== true;
  if (isKind(object, 'Job')) return endOfJob(object) === undefined && object.spec.suspend !== true;
  // Its status may not be written yet; a DaemonSet that no node fits is another fault.
  if (isKind(object, 'DaemonSet')) return wanted > 0 || object.status?.desiredNumberScheduled === undefined;
  if (isKind(object, 'Pod')) return object.status?.phase !== 'Succeeded' && object.status?.phase !== 'Failed';
  return wanted > 0;
}
