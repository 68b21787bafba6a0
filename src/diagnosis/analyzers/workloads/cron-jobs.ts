import { lastRunBefore, nextRunAfter } from '../../../kubernetes/cron.ts';
import { humanDuration } from '../../../kubernetes/duration.ts';
import { lastSeenMs } from '../../../kubernetes/event-times.ts';
import { endOfJob } from '../../../kubernetes/job-end.ts';
import type { CronJob, Job } from '../../../kubernetes/kinds/batch.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { failureOfPods } from '../../containers/failed-run.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { madeBy } from '../../made-by.ts';
import type { Snapshot } from '../../snapshot.ts';

/** One time may be missed while a control plane restarts; three in a row are missed for a reason. */
const mostMissed = 3;
/** Runs every minute are missed in an update of the control plane: also this long must it be. */
const missedMs = 600_000;
/** The controller looks every ten seconds (Kubernetes documentation): a shorter deadline may pass in between. */
const shortestDeadlineSeconds = 10;
/** Events that are older speak of what was. */
const currentMs = 3_600_000;

/** CronJobs that do not run, or whose runs fail. */
export const cronJobsAnalyzer = defineAnalyzer({
  id: 'cron-jobs',
  needs: ['CronJob', 'Job', 'Pod', 'Event'],
  codes: {
    CRON_SCHEDULE_INVALID: {
      row: 'cron-job',
      means: 'The schedule of a CronJob cannot be read, or names a time that never comes.',
      decided: 'spec.schedule is no five-field cron line, or has no next time (30 February).',
      fixed: 'A schedule that comes round.',
    },
    CRON_TIME_ZONE_UNKNOWN: {
      row: 'cron-job',
      means: 'The time zone of a CronJob does not exist.',
      decided: 'The schedule can be read, but not in spec.timeZone.',
      fixed: 'A name of the time zone database, such as Europe/Paris.',
    },
    CRON_MISSED: {
      row: 'cron-job',
      means: 'A CronJob misses its times.',
      decided:
        'At least three times and ten minutes have passed since the last start with no run under way, or its controller says that it missed too many.',
      fixed: 'The controller manager, or startingDeadlineSeconds where too many were missed.',
    },
    CRON_DEADLINE_SHORT: {
      row: 'cron-job',
      means:
        'A CronJob may not be started, because its starting deadline is shorter than the pause between two looks.',
      decided: 'spec.startingDeadlineSeconds is below 10.',
      fixed: 'A deadline of more than ten seconds, or none.',
    },
    CRON_BLOCKED: {
      row: 'cron-job',
      means: 'A run that does not end keeps a CronJob from starting the next ones.',
      decided:
        'concurrencyPolicy Forbid, a run is active, and three of the times after its start have passed.',
      fixed: 'The run (end it, or what it waits for), and an activeDeadlineSeconds.',
    },
    CRON_RUN_FAILED: {
      row: 'cron-job',
      means: 'The last run of a CronJob failed, or all since its last success.',
      decided: 'The newest ended Job is Failed and no success is younger. Critical from the second in a row.',
      fixed: 'The cause in the pods of the run.',
    },
    CRON_SUSPENDED: {
      row: 'cron-job',
      means: 'A CronJob is suspended.',
      decided: 'spec.suspend. Always a note.',
      fixed: 'spec.suspend: false.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('CronJob').flatMap(cronJob => {
      if (cronJob.metadata.deletionTimestamp !== undefined) return [];
      if (cronJob.spec.suspend === true) return [suspended(cronJob)];
      const jobs = madeBy(cronJob, { kind: 'Job', snapshot });
      const wrong = unreadable(cronJob, snapshot);
      if (wrong !== undefined) return [wrong];
      const found = [
        blocked(cronJob, { jobs, snapshot }) ?? missed(cronJob, snapshot),
        failed(cronJob, { jobs, snapshot }),
      ];
      return found.filter(each => each !== undefined);
    });
  },
});

type Code =
  | 'CRON_SCHEDULE_INVALID'
  | 'CRON_TIME_ZONE_UNKNOWN'
  | 'CRON_MISSED'
  | 'CRON_DEADLINE_SHORT'
  | 'CRON_BLOCKED'
  | 'CRON_RUN_FAILED'
  | 'CRON_SUSPENDED';

interface Runs {
  jobs: readonly Job[];
  snapshot: Snapshot;
}

function draft(
  cronJob: CronJob,
  rest: Partial<Draft<Code>> & Pick<Draft<Code>, 'code' | 'severity' | 'summary' | 'evidence'>,
): Draft<Code> {
  return { object: refOf(cronJob), confidence: 'certain', fixes: [], depth: 2, ...rest };
}

function suspended(cronJob: CronJob): Draft<Code> {
  return draft(cronJob, {
    code: 'CRON_SUSPENDED',
    severity: 'note',
    summary: 'it is suspended',
    evidence: [quoteField('spec.suspend', true)],
  });
}

function unreadable(cronJob: CronJob, { nowMs }: Snapshot): Draft<Code> | undefined {
  const { schedule, timeZone } = cronJob.spec;
  if (nextRunAfter(cronJob.spec, nowMs) !== undefined) return undefined;
  if (timeZone !== undefined && nextRunAfter({ schedule }, nowMs) !== undefined) {
    return draft(cronJob, {
      code: 'CRON_TIME_ZONE_UNKNOWN',
      severity: 'critical',
      summary: `it never runs: there is no time zone ${timeZone}`,
      evidence: [quoteField('spec.timeZone', timeZone)],
      question: 'Which time zone is meant?',
    });
  }
  return draft(cronJob, {
    code: 'CRON_SCHEDULE_INVALID',
    severity: 'critical',
    summary: 'it never runs: its schedule names no time that comes',
    evidence: [quoteField('spec.schedule', schedule)],
    question: 'When should it run?',
  });
}

/** How many times of the schedule have passed since a moment, counted no further than needed. */
function timesSince(cronJob: CronJob, { sinceMs: from, nowMs }: { sinceMs: number; nowMs: number }): number {
  let count = 0;
  let last = lastRunBefore(cronJob.spec, nowMs);
  while (last !== undefined && last > from && count < mostMissed) {
    count += 1;
    last = lastRunBefore(cronJob.spec, last - 1_000);
  }
  return count;
}

function blocked(cronJob: CronJob, { jobs, snapshot }: Runs): Draft<Code> | undefined {
  const { nowMs } = snapshot;
  if (cronJob.spec.concurrencyPolicy !== 'Forbid') return undefined;
  const running = jobs.find(job => endOfJob(job) === undefined && job.spec.suspend !== true);
  const startedMs = Date.parse(running?.status?.startTime ?? running?.metadata.creationTimestamp ?? '');
  if (running === undefined || Number.isNaN(startedMs) || nowMs - startedMs < missedMs) return undefined;
  if (timesSince(cronJob, { sinceMs: startedMs, nowMs }) < mostMissed) return undefined;
  const { name } = running.metadata;
  return draft(cronJob, {
    code: 'CRON_BLOCKED',
    severity: 'critical',
    summary: `no new run starts: Job/${name} has been running for ${humanDuration(nowMs - startedMs)}, and it allows one at a time`,
    evidence: [
      quoteField('spec.concurrencyPolicy', 'Forbid'),
      quoteField(`Job/${name} status.startTime`, running.status?.startTime),
      quoteField(`Job/${name} spec.activeDeadlineSeconds`, running.spec.activeDeadlineSeconds),
    ],
    question: `What does Job/${name} wait for, and may it be ended?`,
    depth: 0,
  });
}

function missed(cronJob: CronJob, snapshot: Snapshot): Draft<Code> | undefined {
  const { nowMs } = snapshot;
  const { startingDeadlineSeconds, schedule } = cronJob.spec;
  const told = snapshot
    .eventsFor(refOf(cronJob))
    .find(event => event.reason === 'TooManyMissedTimes' && nowMs - lastSeenMs(event) < currentMs);
  const last = cronJob.status?.lastScheduleTime;
  const lastMs = Date.parse(last ?? '');
  const isShort = startingDeadlineSeconds !== undefined && startingDeadlineSeconds < shortestDeadlineSeconds;
  const isIdle = (cronJob.status?.active ?? []).length === 0;
  const isLate = !Number.isNaN(lastMs) && nowMs - lastMs >= missedMs;
  const misses =
    told !== undefined || (isIdle && isLate && timesSince(cronJob, { sinceMs: lastMs, nowMs }) >= mostMissed);
  if (isShort) {
    return draft(cronJob, {
      code: 'CRON_DEADLINE_SHORT',
      severity: misses ? 'critical' : 'warning',
      summary: `its starting deadline of ${startingDeadlineSeconds} s may pass between two looks of the controller`,
      evidence: [quoteField('spec.startingDeadlineSeconds', startingDeadlineSeconds)],
      question: 'How late may it still start?',
    });
  }
  if (!misses) return undefined;
  return draft(cronJob, {
    code: 'CRON_MISSED',
    severity: 'critical',
    summary:
      told === undefined
        ? 'it misses its times: nothing has started it since'
        : 'it missed so many times that it is not started any more',
    evidence: [
      quoteField('spec.schedule', schedule),
      quoteField('status.lastScheduleTime', last),
      ...(told === undefined ? [] : [quoteEvent(told)]),
    ],
    question:
      told === undefined
        ? 'Does the controller manager run?'
        : 'How late may it still start (startingDeadlineSeconds)?',
    depth: 1,
  });
}

function failed(cronJob: CronJob, { jobs, snapshot }: Runs): Draft<Code> | undefined {
  const endMs = (job: Job) => Date.parse(endOfJob(job)?.lastTransitionTime ?? '') || 0;
  const ended = jobs.filter(job => endOfJob(job) !== undefined).toSorted((a, b) => endMs(b) - endMs(a));
  const [newest] = ended;
  const succeeded = cronJob.status?.lastSuccessfulTime;
  const succeededMs = Date.parse(succeeded ?? '') || 0;
  const end = newest === undefined ? undefined : endOfJob(newest);
  if (newest === undefined || end?.type !== 'Failed' || succeededMs > endMs(newest)) return undefined;
  const inRow = ended.findIndex(job => endOfJob(job)?.type !== 'Failed');
  const failures = inRow === -1 ? ended.length : inRow;
  // Failed jobs are forgotten but for the last: the times since the last success tell of the others.
  const since = succeededMs === 0 ? 0 : timesSince(cronJob, { sinceMs: succeededMs, nowMs: endMs(newest) });
  const isRepeated = Math.max(failures, since) > 1 || succeeded === undefined;
  const why = failureOfPods(newest, snapshot);
  const { name } = newest.metadata;
  const ageMs = sinceMs(snapshot, end.lastTransitionTime) ?? 0;
  return draft(cronJob, {
    code: 'CRON_RUN_FAILED',
    severity: isRepeated ? 'critical' : 'warning',
    summary: `its last run failed ${humanDuration(ageMs)} ago${why === undefined ? '' : `: ${why.summary}`}`,
    evidence: [
      quoteEvent({ reason: `Job/${name} ${end.reason ?? 'Failed'}`, message: end.message ?? '' }),
      quoteField('status.lastSuccessfulTime', succeeded),
      ...(why?.evidence ?? []),
    ].slice(0, 4),
    question: 'Why does the run fail?',
    depth: 1,
  });
}
