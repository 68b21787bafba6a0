import type { Job } from '../../kubernetes/kinds/batch.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Controller, Operation } from './controller.ts';
import { lettersFrom, timestampAt } from './naming.ts';
import { deleteOf, groupByController, isDeleting, podFrom, statusOf } from './owners.ts';
import { isActive, isReady, wakeAtOf } from './pod-readiness.ts';

const reporter = 'job-controller';

/** Runs pods until as many have succeeded as a job asks for. The programs of the sandbox do not fail by themselves. */
export const jobController: Controller = {
  name: 'job',
  watches: ['Job', 'Pod'],
  reconcile(view, nowMs) {
    const podsByOwner = groupByController(ofKind(view.list('Pod'), 'Pod'));
    const operations: Operation[] = [];
    const moments: number[] = [];
    for (const job of ofKind(view.list('Job'), 'Job')) {
      if (isDeleting(job)) continue;
      const expiryMs = expiresAt(job);
      if (expiryMs <= nowMs) operations.push(deleteOf(job, { propagation: 'Background' }));
      else moments.push(expiryMs);
      if (job.status?.completionTime !== undefined) continue;
      operations.push(...run(job, { pods: podsByOwner.get(job.metadata.uid ?? '') ?? [], nowMs }));
    }
    return { operations, ...wakeAtOf(moments) };
  },
};

function expiresAt({ spec, status }: Job): number {
  if (spec.ttlSecondsAfterFinished === undefined || status?.completionTime === undefined)
    return Number.POSITIVE_INFINITY;
  return Date.parse(status.completionTime) + spec.ttlSecondsAfterFinished * 1_000;
}

function run(job: Job, { pods, nowMs }: { pods: readonly Pod[]; nowMs: number }): Operation[] {
  const { spec } = job;
  const succeeded = pods.filter(pod => pod.status?.phase === 'Succeeded').length;
  const active = pods.filter(isActive);
  const completions = spec.completions ?? spec.parallelism ?? 1;
  const suspended = spec.suspend === true;
  const wanted = suspended ? 0 : Math.min(spec.parallelism ?? 1, completions - succeeded);
  const missing = Math.max(0, wanted - active.length);
  const surplus = active.slice(Math.max(0, wanted));
  const done = succeeded >= completions;
  return [
    ...Array.from({ length: missing }, (_, index) =>
      start(job, { index: pods.length + index, nowMs }),
    ).flat(),
    ...surplus.map(pod => deleteOf(pod)),
    ...statusOf(job, {
      ...(suspended ? {} : { startTime: job.status?.startTime ?? timestampAt(nowMs) }),
      ...(active.length + missing - surplus.length > 0
        ? { active: active.length + missing - surplus.length }
        : {}),
      ready: active.filter(isReady).length,
      ...(succeeded > 0 ? { succeeded } : {}),
      terminating: 0,
      ...(done ? { completionTime: timestampAt(nowMs), conditions: [completed(nowMs)] } : {}),
      ...(suspended ? { conditions: [suspension(job, nowMs)] } : {}),
    }),
    ...(done ? [tell(job, { reason: 'Completed', message: 'Job completed' })] : []),
  ];
}

function start(job: Job, { index, nowMs }: { index: number; nowMs: number }): Operation[] {
  const ageMs = nowMs - Date.parse(job.metadata.creationTimestamp ?? '');
  const name = `${job.metadata.name}-${lettersFrom(`${job.metadata.uid}/${ageMs}/${index}`, 5)}`;
  const pod = podFrom(job, {
    template: job.spec.template,
    name,
    labels: { 'batch.kubernetes.io/job-name': job.metadata.name },
  });
  return [
    { do: 'create', object: pod },
    tell(job, { reason: 'SuccessfulCreate', message: `Created pod: ${name}` }),
  ];
}

function completed(nowMs: number) {
  const time = timestampAt(nowMs);
  return {
    type: 'Complete',
    status: 'True',
    reason: 'CompletionsReached',
    lastProbeTime: time,
    lastTransitionTime: time,
  };
}

function suspension(job: Job, nowMs: number) {
  const before = conditionOf(job.status?.conditions, 'Suspended');
  const time = before?.lastTransitionTime ?? timestampAt(nowMs);
  return {
    type: 'Suspended',
    status: 'True',
    reason: 'JobSuspended',
    message: 'Job suspended',
    lastTransitionTime: time,
  };
}

function tell(about: Job, { reason, message }: { reason: string; message: string }): Operation {
  return { do: 'event', about, type: 'Normal', reason, message, from: reporter };
}
