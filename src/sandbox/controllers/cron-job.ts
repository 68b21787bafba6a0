import { type JsonObject, plainText } from '../../core/json.ts';
import { dueMs, nextRunAfter } from '../../kubernetes/cron.ts';
import { endOfJob } from '../../kubernetes/job-end.ts';
import type { CronJob, Job } from '../../kubernetes/kinds/batch.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { controlledBy, isDeleting } from '../../kubernetes/owners.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { deleteOf, statusOf, wakeAtOf } from './owners.ts';

const { tell, warn } = eventsFrom('cronjob-controller');
const scheduledKey = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const kept = { Complete: 3, Failed: 1 };

/** Starts jobs when their time has come, keeps count of those that run, and forgets the oldest that have ended. */
export const cronJobController = eachObject('CronJob', {
  name: 'cronjob',
  watches: ['Job'],
  reconcile(cronJob, { view, nowMs }) {
    if (isDeleting(cronJob)) return { operations: [] };
    const jobs = ofKind(view.dependentsOf(cronJob.metadata.uid ?? ''), 'Job').filter(job => !isDeleting(job));
    const active = jobs.filter(job => endOfJob(job) === undefined && isScheduled(job));
    const told = observe(cronJob, jobs);
    const forgotten = forget(cronJob, jobs);
    const due = cronJob.spec.suspend === true ? undefined : dueMs(cronJob, nowMs);
    const decided = due === undefined ? { operations: [], active } : decide(cronJob, { active, due, nowMs });
    const lastScheduleTime =
      decided.started === undefined ? cronJob.status?.lastScheduleTime : timestampAt(decided.started);
    const lastSuccessfulTime = lastSuccess(cronJob, jobs);
    const status = statusOf(cronJob, {
      ...(decided.active.length === 0
        ? {}
        : { active: decided.active.map(job => referenceTo(job, cronJob)) }),
      ...(lastScheduleTime === undefined ? {} : { lastScheduleTime }),
      ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
    });
    const nextMs = cronJob.spec.suspend === true ? undefined : nextRunAfter(cronJob.spec, nowMs);
    return {
      operations: [...told, ...forgotten, ...decided.operations, ...status],
      ...wakeAtOf(nextMs === undefined ? [] : [nextMs]),
    };
  },
});

/** Made by this controller, and not by a person from the same template. */
function isScheduled({ metadata }: Job): boolean {
  return metadata.annotations?.[scheduledKey] !== undefined;
}

/** What has become of the jobs that ran when it last looked, and of those that it did not start. */
function observe(cronJob: CronJob, jobs: readonly Job[]): Operation[] {
  const ran = new Set(cronJob.status?.active?.map(({ uid }) => uid));
  const there = new Set(jobs.map(({ metadata }) => metadata.uid));
  const missing = (cronJob.status?.active ?? []).filter(
    ({ uid }) => typeof uid === 'string' && !there.has(uid),
  );
  return [
    ...missing.map(({ name }) =>
      warn(cronJob, {
        reason: 'MissingJob',
        message: `Active job went missing: ${plainText(name)}`,
      }),
    ),
    ...jobs.flatMap(job => {
      const { name, uid } = job.metadata;
      const end = endOfJob(job)?.type;
      if (end !== undefined && ran.has(uid))
        return [
          tell(cronJob, {
            reason: 'SawCompletedJob',
            message: `Saw completed job: ${name}, condition: ${end}`,
          }),
        ];
      if (end !== undefined || isScheduled(job)) return [];
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      return [warn(cronJob, { reason: 'UnexpectedJob', message })];
    }),
  ];
}

function forget(cronJob: CronJob, jobs: readonly Job[]): Operation[] {
  const {
    successfulJobsHistoryLimit: successes = kept.Complete,
    failedJobsHistoryLimit: failures = kept.Failed,
  } = cronJob.spec;
  return Object.entries({ Complete: successes, Failed: failures }).flatMap(([end, limit]) => {
    const ended = jobs.filter(job => endOfJob(job)?.type === end).sort((a, b) => startOf(a) - startOf(b));
    return ended.slice(0, Math.max(0, ended.length - limit)).flatMap(job => remove(cronJob, job));
  });
}

function startOf({ status, metadata }: Job): number {
  return Date.parse(status?.startTime ?? metadata.creationTimestamp ?? '');
}

function remove(cronJob: CronJob, job: Job): Operation[] {
  const message = `Deleted job ${job.metadata.name}`;
  return [
    deleteOf(job, { propagation: 'Background' }),
    tell(cronJob, { reason: 'SuccessfulDelete', message }),
  ];
}

interface Decision {
  operations: Operation[];
  /** The jobs that go on. */
  active: readonly Job[];
  /** The time whose job was started. */
  started?: number;
}

function decide(
  cronJob: CronJob,
  { active, due, nowMs }: { active: readonly Job[]; due: number; nowMs: number },
): Decision {
  const { concurrencyPolicy } = cronJob.spec;
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    // Once a time that is passed over: it may also be looked at for something else.
    const told = nowMs - due < secondMs ? [tell(cronJob, { reason: 'JobAlreadyActive', message })] : [];
    return { operations: told, active };
  }
  const replaced = concurrencyPolicy === 'Replace' ? active : [];
  const job = jobFor(cronJob, due);
  const refused = (why: string): Operation[] => [
    warn(cronJob, { reason: 'FailedCreate', message: `Error creating job: ${why}` }),
  ];
  return {
    operations: [
      ...replaced.flatMap(each => remove(cronJob, each)),
      { do: 'create', object: job, refused },
      tell(cronJob, { reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}` }),
    ],
    active: active.filter(each => !replaced.includes(each)),
    started: due,
  };
}

const secondMs = 1_000;

function jobFor(cronJob: CronJob, atMs: number): Job {
  const { name, namespace } = cronJob.metadata;
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      // The minute, counted from the epoch: a time that was started already is not started again.
      name: `${name}-${Math.floor(atMs / 60_000)}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [scheduledKey]: timestampAt(atMs) },
      ownerReferences: [controlledBy(cronJob)],
    },
    spec,
  };
}

function lastSuccess(cronJob: CronJob, jobs: readonly Job[]): string | undefined {
  const times = jobs.flatMap(({ status }) => status?.completionTime ?? []);
  return [cronJob.status?.lastSuccessfulTime ?? '', ...times].sort().at(-1) || undefined;
}

/** As the job was when it was first seen. */
function referenceTo({ apiVersion, kind, metadata }: Job, cronJob: CronJob): JsonObject {
  const { namespace, name, uid, resourceVersion } = metadata;
  const known = cronJob.status?.active?.find(each => each['uid'] === uid);
  return (
    known ?? {
      apiVersion,
      kind,
      name,
      namespace,
      uid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    }
  );
}
