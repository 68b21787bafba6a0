import { endOfJob } from '../../../kubernetes/job-end.ts';
import type { Job } from '../../../kubernetes/kinds/batch.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { controllerOf } from '../../../kubernetes/owners.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { failureOfPods } from '../../containers/failed-run.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import type { Snapshot } from '../../snapshot.ts';

/** What failed a week ago and nobody ran again is history. */
const recentMs = 7 * 24 * 3_600_000;
/** A job that waits on purpose is let go within a day. */
const forgottenMs = 24 * 3_600_000;

/** Jobs that ended badly. One that runs, or ended well, is fine, however often it had to try. */
export const jobsAnalyzer = defineAnalyzer({
  id: 'jobs',
  needs: ['Job', 'Pod'],
  codes: {
    JOB_FAILED: {
      row: 'job',
      means: 'A Job gave up: too many failed pods, its deadline, or a rule about failures.',
      decided:
        'Its condition Failed, in the last seven days. Runs of a CronJob are judged with it. Why its pods fail, where they still say it, is in the evidence.',
      fixed: 'The cause in its pods; then the Job is made anew, since its template cannot be changed.',
    },
    JOB_SUSPENDED: {
      row: 'job',
      means: 'A Job has been suspended for over a day.',
      decided: 'spec.suspend. Always a note.',
      fixed: 'spec.suspend: false.',
    },
  },

  analyze(snapshot) {
    return snapshot.of('Job').flatMap(job => {
      if (controllerOf(job)?.kind === 'CronJob' || job.metadata.deletionTimestamp !== undefined) return [];
      return [...failed(job, snapshot), ...suspended(job, snapshot)];
    });
  },
});

type Code = 'JOB_FAILED' | 'JOB_SUSPENDED';

function failed(job: Job, snapshot: Snapshot): Draft<Code>[] {
  const end = endOfJob(job);
  if (end?.type !== 'Failed' || (sinceMs(snapshot, end.lastTransitionTime) ?? 0) > recentMs) return [];
  const { reason = 'Failed', message = '' } = end;
  const why = failureOfPods(job, snapshot);
  return [
    {
      code: 'JOB_FAILED',
      severity: 'critical',
      object: refOf(job),
      summary: `${saying(job, reason)}${why === undefined ? '' : `; ${why.summary}`}`,
      evidence: [
        quoteEvent({ reason, message }),
        ...(why?.evidence ?? []),
        quoteField('status.failed', job.status?.failed),
      ].slice(0, 4),
      confidence: 'certain',
      fixes: [],
      question:
        why === undefined
          ? 'Why do its pods fail, and should it run again?'
          : 'What does its program need to end well?',
      depth: 1,
    },
  ];
}

function saying({ spec }: Job, reason: string): string {
  switch (reason) {
    case 'BackoffLimitExceeded':
      return `it gave up: more failures than its limit of ${spec.backoffLimit ?? 6}`;
    case 'DeadlineExceeded':
      return `it was ended after its ${spec.activeDeadlineSeconds ?? 0} seconds, before it was done`;
    case 'PodFailurePolicy':
      return 'a failure ended it that its policy says no retry helps';
    default:
      return `it failed: ${reason}`;
  }
}

function suspended(job: Job, snapshot: Snapshot): Draft<Code>[] {
  const ageMs = sinceMs(snapshot, job.metadata.creationTimestamp) ?? 0;
  if (job.spec.suspend !== true || endOfJob(job) !== undefined || ageMs < forgottenMs) return [];
  return [
    {
      code: 'JOB_SUSPENDED',
      severity: 'note',
      object: refOf(job),
      summary: 'it is suspended',
      evidence: [quoteField('spec.suspend', true)],
      confidence: 'certain',
      fixes: [],
      depth: 0,
    },
  ];
}
