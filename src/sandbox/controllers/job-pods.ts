import type { Job } from '../../kubernetes/kinds/batch.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import type { Operation } from './controller.ts';
import { lettersFrom } from './naming.ts';
import { podFrom, withoutFinalizer } from './owners.ts';

/** Holds a pod until its job has counted how it ended. */
const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexKey = 'batch.kubernetes.io/job-completion-index';
const failuresKey = 'batch.kubernetes.io/job-index-failure-count';

export function isTracked(pod: KubeObject): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) === true;
}

/** Takes off the finalizer that held the pod for its job. */
export function untrack(pod: Pod): Operation {
  return withoutFinalizer(pod, trackingFinalizer);
}

/** A pod that was deleted under its job and has stopped counts as failed, whatever it was doing. */
export function hasFailed(pod: Pod): boolean {
  if (pod.status?.phase === 'Succeeded') return false;
  return pod.status?.phase === 'Failed' || (isDeleting(pod) && pod.metadata.deletionGracePeriodSeconds === 0);
}

/** The index a pod works on; NaN for one of a job without indexes. */
export function indexOf(pod: Pod): number {
  return Number(pod.metadata.annotations?.[indexKey] ?? Number.NaN);
}

/** How often the pod's index had failed before it. */
export function earlierFailures(pod: Pod): number {
  return Number(pod.metadata.annotations?.[failuresKey] ?? 0);
}

/** A pod of a job. index and failures: of a job with indexes; seed: differs for every pod of the job. */
export function jobPod(
  job: Job,
  { index, failures, seed }: { index?: number; failures?: number; seed: string },
): Pod {
  const numbered = index === undefined ? job.metadata.name : `${job.metadata.name}-${index}`;
  const labels = {
    'batch.kubernetes.io/job-name': job.metadata.name,
    ...(index === undefined ? {} : { [indexKey]: `${index}` }),
  };
  const { template } = job.spec;
  const containers = template.spec.containers.map(container => ({
    ...container,
    env: [...(container.env ?? []), indexVariable],
  }));
  const pod = podFrom(job, {
    template,
    name: `${numbered}-${lettersFrom(`${job.metadata.uid}/${seed}`, 5)}`,
    labels,
    ...(index === undefined ? {} : { spec: { hostname: numbered, containers } }),
  });
  const annotations = {
    ...pod.metadata.annotations,
    ...(index === undefined ? {} : { [indexKey]: `${index}` }),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { [failuresKey]: `${failures ?? 0}` }),
  };
  const metadata = {
    ...pod.metadata,
    generateName: `${numbered}-`,
    finalizers: [trackingFinalizer],
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  return { ...pod, metadata, spec: { ...template.spec, ...pod.spec } };
}

const indexVariable = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexKey}']` } },
};

/** When the pod's containers ended, as far as it tells. */
export function endedAtMs(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  return Math.max(0, ...times.filter(Number.isFinite));
}
