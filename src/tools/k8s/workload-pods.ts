import type { KubeReader } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { describeRef } from '../../core/ref.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { selectorText } from '../../kubernetes/selectors.ts';

// A workload that selects more pods is read in part; the caller says so.
const mostPods = 500;

/** The pods of a workload, Service or CronJob by its selector; a pod is its own. INVALID_INPUT: the kind selects none. */
export async function podsOf(kube: KubeReader, object: KubeObject): Promise<Pod[]> {
  if (isKind(object, 'Pod')) return [object];
  const labelSelector = isKind(object, 'CronJob')
    ? await jobNames(kube, object)
    : selectorText(selectorOf(object));
  if (labelSelector === '') return [];
  const { namespace } = object.metadata;
  const page = await kube.list({
    kind: 'Pod',
    apiVersion: 'v1',
    labelSelector,
    limit: mostPods,
    ...(namespace === undefined ? {} : { namespace }),
  });
  return ofKind(page.items, 'Pod');
}

function selectorOf(object: KubeObject): JsonObject {
  // Services and ReplicationControllers hold the labels themselves, the newer kinds a LabelSelector.
  if (isKind(object, 'Service') || object.kind === 'ReplicationController') {
    const labels = object.spec?.['selector'];
    return labels === undefined ? {} : { matchLabels: labels };
  }
  const selector = object.spec?.['selector'];
  if (typeof selector === 'object' && selector !== null && !Array.isArray(selector)) return selector;
  throw new VigieError('INVALID_INPUT', `target: ${describeRef(refOf(object))} has no pods`, {
    hint: 'Name a Pod, or what selects pods: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Service.',
    details: { issues: [{ field: 'target.kind', message: `${object.kind} selects no pods` }] },
  });
}

/** A CronJob has no selector of its own: its pods carry the names of its jobs. */
async function jobNames(kube: KubeReader, cronJob: KubeObject): Promise<string> {
  const { namespace, uid } = cronJob.metadata;
  const jobs = await kube.list({
    kind: 'Job',
    apiVersion: 'batch/v1',
    limit: mostPods,
    ...(namespace === undefined ? {} : { namespace }),
  });
  const names = jobs.items
    .filter(job => job.metadata.ownerReferences?.some(owner => owner.uid === uid))
    .map(job => job.metadata.name);
  return names.length === 0 ? '' : `batch.kubernetes.io/job-name in (${names.join(',')})`;
}
