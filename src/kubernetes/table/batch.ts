import { ageOf, humanDuration } from '../duration.ts';
import { endOfJob } from '../job-end.ts';
import type { Job } from '../kinds/batch.ts';
import { conditionOf } from '../kinds/condition.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  containerColumns,
  definePrinter,
  formatSelector,
  integerColumn,
  nameColumn,
  selectorColumn,
} from './printer.ts';

export const jobPrinter = definePrinter('Job', {
  columns: [
    nameColumn,
    column('Status', 'State of the job.'),
    column('Completions', 'Runs that succeeded, of those wanted.'),
    column('Duration', 'Time from its start to its end, or to now.'),
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
  cells(job, nowMs) {
    return [
      job.metadata.name,
      jobStatus(job),
      completions(job),
      duration(job, nowMs),
      age(job, nowMs),
      ...containerCells(job.spec.template),
      formatSelector(job.spec.selector),
    ];
  },
});

function jobStatus(job: Job): string {
  const holds = (type: string) => conditionOf(job.status?.conditions, type)?.status === 'True';
  const end = endOfJob(job);
  if (end !== undefined) return end.type;
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running';
}

function completions(job: Job): string {
  const succeeded = job.status?.succeeded ?? 0;
  if (job.spec.completions !== undefined) return `${succeeded}/${job.spec.completions}`;
  const parallelism = job.spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration(job: Job, nowMs: number): string {
  if (job.status?.startTime === undefined) return '';
  const endMs = job.status.completionTime === undefined ? nowMs : Date.parse(job.status.completionTime);
  return humanDuration(endMs - Date.parse(job.status.startTime));
}

export const cronJobPrinter = definePrinter('CronJob', {
  columns: [
    nameColumn,
    column('Schedule', 'When it runs, as a cron line.'),
    column('Timezone', 'Time zone of the schedule.'),
    { ...column('Suspend', 'Whether it starts no further jobs.'), type: 'boolean' },
    integerColumn('Active', 'Jobs that run now.'),
    column('Last Schedule', 'Time since it last started a job.'),
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
  cells(cronJob, nowMs) {
    const { metadata, spec, status } = cronJob;
    const suspended = spec.suspend === true ? 'True' : 'False';
    return [
      metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend === undefined ? '<unset>' : suspended,
      status?.active?.length ?? 0,
      status?.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, nowMs),
      age(cronJob, nowMs),
      ...containerCells(spec.jobTemplate.spec.template),
      formatSelector(spec.jobTemplate.spec.selector),
    ];
  },
});
