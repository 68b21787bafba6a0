import type { PrometheusReader } from '../../../clients/prometheus/reader.ts';
import type { Target } from '../../../clients/prometheus/targets.ts';
import { VigieError } from '../../../core/errors.ts';
import { cleanLine } from '../../../core/text.ts';
import { timeText } from '../../../metrics/amounts.ts';
import type { Selector } from '../../../metrics/promql/selectors.ts';

const daySeconds = 86_400;
const whyChars = 200;

/** Whether what a selector reads is scraped from targets that are down; a sentence with since when and why. */
export async function downTargets(
  selector: Selector,
  { reader, nowSeconds }: { reader: PrometheusReader; nowSeconds: number },
): Promise<string | undefined> {
  const targets = await reader.targets().catch((error: unknown): Target[] => {
    if (error instanceof VigieError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_INPUT'))
      return [];
    throw error;
  });
  if (targets.every(({ up }) => up)) return undefined;
  const within = { fromSeconds: nowSeconds - daySeconds, toSeconds: nowSeconds };
  const [jobs, instances] = await Promise.all([
    reader.labelValues('job', { ...within, match: selector.text }),
    reader.labelValues('instance', { ...within, match: selector.text }),
  ]);
  const theirs = targets.filter(
    ({ labels, up }) =>
      !up && jobs.includes(labels['job'] ?? '') && instances.includes(labels['instance'] ?? ''),
  );
  const [target] = theirs;
  if (target === undefined) return undefined;
  const { job = '', instance = '' } = target.labels;
  const since = await lastUp({ job, instance }, { reader, ...within });
  const sinceText = since === undefined ? 'for a day or more' : `since about ${timeText(since)}`;
  const more = theirs.length > 1 ? ` and ${theirs.length - 1} more` : '';
  return `the target it comes from, ${cleanLine(instance, whyChars)} of job ${cleanLine(job, whyChars)}${more}, is down ${sinceText}: ${cleanLine(target.why, whyChars)}`;
}

async function lastUp(
  { job, instance }: { job: string; instance: string },
  { reader, fromSeconds, toSeconds }: { reader: PrometheusReader; fromSeconds: number; toSeconds: number },
): Promise<number | undefined> {
  const query = `up{job=${JSON.stringify(job)}, instance=${JSON.stringify(instance)}} == 1`;
  let last: number | undefined;
  // The day in steps of scrapes; what was up but shortly is found within the quarter of an hour before.
  for (const [from, stepSeconds] of [
    [toSeconds - 900, 1],
    [fromSeconds, 15],
  ] as const) {
    await reader.queryRange({ query, fromSeconds: from, toSeconds, stepSeconds }, ({ times, count }) => {
      last = times[count - 1];
    });
    if (last !== undefined) return last;
  }
  return undefined;
}
