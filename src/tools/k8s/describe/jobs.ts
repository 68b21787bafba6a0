import { ageOf } from '../../../kubernetes/duration.ts';
import { healthOf } from '../../../kubernetes/health.ts';
import { ofKind } from '../../../kubernetes/kinds.ts';
import { defineDescriber } from './describer.ts';
import { inNamespaceOf } from './look.ts';
import { podLines, referenceLines } from './pods.ts';

const runsShown = 5;

/** A job: how far it is, and its pods. */
export const jobDescriber = defineDescriber(['Job'], async (job, { look, around }) => {
  const { completions = 1, parallelism = 1, backoffLimit = 6, template } = job.spec;
  const { active = 0, succeeded = 0, failed = 0, startTime } = job.status ?? {};
  return [
    `runs: ${succeeded} of ${completions} succeeded, ${active} active (at most ${parallelism} at once), ${failed} failed (at most ${backoffLimit})`,
    ...(startTime === undefined ? [] : [`started ${ageOf(startTime, look.nowMs)} ago`]),
    ...(around.unseen.has('Pod') ? [] : podLines(ofKind(around.related, 'Pod'), look)),
    ...(await referenceLines(job, { spec: template.spec, look })),
  ];
});

/** A cron job: its schedule and its last runs. */
export const cronJobDescriber = defineDescriber(['CronJob'], async (cronJob, { look }) => {
  const { schedule, timeZone, suspend, concurrencyPolicy = 'Allow', jobTemplate } = cronJob.spec;
  const { lastScheduleTime, lastSuccessfulTime } = cronJob.status ?? {};
  const jobs = await look.list('Job', inNamespaceOf(cronJob));
  const runs = (jobs ?? [])
    .filter(job => job.metadata.ownerReferences?.some(({ uid }) => uid === cronJob.metadata.uid))
    .toSorted((left, right) =>
      (left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? 1 : -1,
    );
  const ago = (time: string | undefined) => (time === undefined ? 'never' : `${ageOf(time, look.nowMs)} ago`);
  return [
    `schedule: ${look.say(schedule)}${timeZone === undefined ? '' : ` (${timeZone})`}, ${concurrencyPolicy}${suspend === true ? ', SUSPENDED' : ''}`,
    `last run: ${ago(lastScheduleTime)}, last success: ${ago(lastSuccessfulTime)}`,
    ...runs.slice(0, runsShown).map(job => {
      const { state, reason } = healthOf(job);
      return `  Job/${job.metadata.name} ${ago(job.metadata.creationTimestamp)}: ${state}: ${look.say(reason)}`;
    }),
    ...(runs.length > runsShown ? [`  and ${runs.length - runsShown} older`] : []),
    ...(await referenceLines(cronJob, { spec: jobTemplate.spec.template.spec, look })),
  ];
});
