import type { SeriesPoints } from '../../../clients/prometheus/read-points.ts';
import type { Answered, PrometheusReader } from '../../../clients/prometheus/reader.ts';
import { VigieError } from '../../../core/errors.ts';
import { durationText } from '../../../metrics/durations.ts';
import type { Query } from './ask.ts';

// Read as they come these take about as long as the server takes to write them; more is chosen by the server first.
const streamedPoints = 1_200_000;
const streamedSeries = 20_000;
// What a server holds at once for one query by default is fifty million samples.
const mostPoints = 20_000_000;

/** What of the query was sent in the end. */
export interface Fetched extends Answered {
  /** How many series the whole query has, where the server chose among them. */
  counted?: number;
}

/** Runs a query; one that would bring very many series is cut to its `top` largest by the server itself. */
export async function fetchSeries(
  query: Query,
  { reader, top, each }: { reader: PrometheusReader; top: number; each: (series: SeriesPoints) => void },
): Promise<Fetched> {
  const count = await seriesOf(query, reader);
  const { fromSeconds, toSeconds, stepSeconds } = query;
  const steps = stepSeconds === undefined ? 1 : Math.floor((toSeconds - fromSeconds) / stepSeconds) + 1;
  if (count * steps > mostPoints) throw tooMuch({ count, steps });
  if (count <= streamedSeries && count * steps <= streamedPoints) return send(query, { reader, each });
  const narrowed = { ...query, text: narrow(query, top) };
  const answered = await send(narrowed, { reader, each }).catch((error: unknown) => {
    // Series of several metrics whose other labels are the same cannot be told apart by the server here.
    if (error instanceof VigieError && error.code === 'INVALID_INPUT')
      throw tooMuch({ count, steps, cause: error });
    throw error;
  });
  return { ...answered, counted: count };
}

/** As many as there are at the end of the time; what was there only before is not counted. */
async function seriesOf({ text, toSeconds }: Query, reader: PrometheusReader): Promise<number> {
  // One number has no series to count, and only the server knows MetricsQL.
  const count = reader.number({ query: `count(\n${text}\n)`, atSeconds: toSeconds });
  return (
    (await count.catch((error: unknown) => {
      if (error instanceof VigieError && error.code === 'INVALID_INPUT') return undefined;
      throw error;
    })) ?? 0
  );
}

function send(
  { text, fromSeconds, toSeconds, stepSeconds }: Query,
  { reader, each }: { reader: PrometheusReader; each: (series: SeriesPoints) => void },
): Promise<Answered> {
  if (stepSeconds === undefined) return reader.query({ query: text, atSeconds: toSeconds }, each);
  return reader.queryRange({ query: text, fromSeconds, toSeconds, stepSeconds }, each);
}

/** The largest by their peak, as they are ranked here: chosen once, at the end of the range, and not anew for each step. */
function narrow({ text, fromSeconds, toSeconds, stepSeconds }: Query, top: number): string {
  if (stepSeconds === undefined) return `topk(${top}, (\n${text}\n))`;
  const span = durationText(toSeconds - fromSeconds);
  const step = durationText(stepSeconds);
  return `(\n${text}\n) and topk(${top}, max_over_time((\n${text}\n)[${span}:${step}] @ end()))`;
}

function tooMuch({ count, steps, cause }: { count: number; steps: number; cause?: unknown }): VigieError {
  const each = steps === 1 ? '' : ` of ${steps} points each`;
  return new VigieError(
    'INVALID_INPUT',
    `The query has ${count} series${each}: too much to be asked at once`,
    {
      hint: 'Narrow it by labels, sum it up (sum by (…)), or set the argument step or from to less.',
      details: { series: count, points: count * steps },
      cause,
    },
  );
}
