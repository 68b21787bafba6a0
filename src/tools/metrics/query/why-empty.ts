import type { PrometheusReader } from '../../../clients/prometheus/reader.ts';
import { VigieError } from '../../../core/errors.ts';
import { nearestNames } from '../../../core/nearest.ts';
import { cleanLine } from '../../../core/text.ts';
import { timeText } from '../../../metrics/amounts.ts';
import { durationText } from '../../../metrics/durations.ts';
import { type Matcher, type Selector, selectorsOf } from '../../../metrics/promql/selectors.ts';
import type { Query } from './ask.ts';
import { downTargets } from './down-targets.ts';

/** Why a query has no answer, as a word for programs and as a sentence. */
export interface Emptiness {
  reason:
    | 'no such metric'
    | 'no such label value'
    | 'no such combination'
    | 'too fresh'
    | 'too few samples'
    | 'target down'
    | 'ended'
    | 'no match'
    | 'unknown';
  text: string;
}

const daySeconds = 86_400;
// Each costs some requests, and the first that is empty is why.
const mostSelectors = 4;
const mostMatchers = 6;
const nameChars = 120;

/** Asks the server step by step what of a query is not there; only for a query that was answered with nothing. */
export async function whyEmpty(query: Query, reader: PrometheusReader): Promise<Emptiness> {
  if (query.tree === undefined) return { reason: 'unknown', text: 'the server found none' };
  const selectors = selectorsOf(query.tree).slice(0, mostSelectors);
  for (const selector of selectors) {
    if (!(await isPresent(selector.text, { query, reader }))) return whyAbsent(selector, { query, reader });
  }
  for (const selector of selectors) {
    const few = await tooFewSamples(selector, { query, reader });
    if (few !== undefined) return few;
  }
  return {
    reason: 'no match',
    text: 'there are series, but none that the comparisons and the matching of both sides of an operator leave',
  };
}

interface Asking {
  query: Query;
  reader: PrometheusReader;
}

async function isPresent(selector: string, { query, reader }: Asking): Promise<boolean> {
  const { fromSeconds, toSeconds, stepSeconds } = query;
  const counted = `count(${selector})`;
  if (stepSeconds === undefined)
    return ((await reader.number({ query: counted, atSeconds: toSeconds })) ?? 0) > 0;
  let points = 0;
  await reader.queryRange({ query: counted, fromSeconds, toSeconds, stepSeconds }, ({ count }) => {
    points += count;
  });
  return points > 0;
}

async function whyAbsent(selector: Selector, asking: Asking): Promise<Emptiness> {
  const { query, reader } = asking;
  const within = { fromSeconds: query.fromSeconds - daySeconds, toSeconds: laterOf(query) };
  const { metric } = selector;
  const shown = cleanLine(metric ?? selector.text, nameChars);
  const named = metric === undefined ? undefined : `{__name__=${JSON.stringify(metric)}}`;
  if (metric !== undefined && named !== undefined) {
    const found = await reader.labelValues('__name__', { ...within, match: named });
    if (found.length === 0) {
      const all = await reader.labelValues('__name__', within);
      return { reason: 'no such metric', text: `there is no metric ${shown}${nearestText(metric, all)}` };
    }
  }
  for (const matcher of selector.matchers.slice(0, mostMatchers)) {
    const wrong = await wrongValue(matcher, { ...asking, within, named });
    if (wrong !== undefined) return { reason: 'no such label value', text: wrong };
  }
  const together = await reader.labelValues('__name__', { ...within, match: selector.text });
  if (together.length === 0)
    return {
      reason: 'no such combination',
      text: `${shown} has each of these labels, but no series has all of them`,
    };
  return whyNotNow(selector, asking);
}

async function wrongValue(
  { label, op, value }: Matcher,
  {
    reader,
    within,
    named,
  }: Asking & { within: { fromSeconds: number; toSeconds: number }; named: string | undefined },
): Promise<string | undefined> {
  if (op === '!=' || op === '!~' || value === '') return undefined;
  const match = named === undefined ? {} : { match: named };
  const values = await reader.labelValues(label, { ...within, ...match });
  const name = cleanLine(label, nameChars);
  if (values.length === 0) return `no series of it has a label ${name}`;
  if (op === '=')
    return values.includes(value)
      ? undefined
      : `no series of it has ${name}=${JSON.stringify(cleanLine(value, nameChars))}${nearestText(value, values)}`;
  const own = named === undefined ? '' : `__name__=${named.slice('{__name__='.length, -1)}, `;
  const fitting = await reader.labelValues(label, {
    ...within,
    match: `{${own}${label}=~${JSON.stringify(value)}}`,
  });
  if (fitting.length > 0) return undefined;
  const some = values.slice(0, 3).map(each => cleanLine(each, nameChars));
  return `no ${name} of it fits ${JSON.stringify(cleanLine(value, nameChars))}; there are ${some.join(', ')}`;
}

/** The series exist, but have no sample at that time: kept back, stopped, or not begun. */
async function whyNotNow(selector: Selector, { query, reader }: Asking): Promise<Emptiness> {
  const { toSeconds } = query;
  const counted = `count(${selector.text})`;
  const fresh = await reader.number({ query: counted, atSeconds: toSeconds, fresh: true });
  if (fresh !== undefined)
    return {
      reason: 'too fresh',
      text: 'its samples are so fresh that the server keeps them back (-search.latencyOffset, 30s by default): ask again then',
    };
  let [first, last] = [Number.NaN, Number.NaN];
  await reader.queryRange(
    { query: counted, fromSeconds: toSeconds - daySeconds, toSeconds: laterOf(query), stepSeconds: 60 },
    ({ times, count }) => {
      first = times[0] ?? Number.NaN;
      last = times[count - 1] ?? Number.NaN;
    },
  );
  const down = await downTargets(selector, { reader, nowSeconds: query.nowSeconds });
  if (down !== undefined) return { reason: 'target down', text: down };
  if (first > toSeconds) {
    const begin = (await firstSecond(counted, { before: first, reader })) ?? first;
    return { reason: 'ended', text: `it begins later, at ${timeText(begin)}` };
  }
  if (Number.isNaN(last)) return { reason: 'ended', text: 'it has no sample within the day before' };
  return {
    reason: 'ended',
    text: `it was last seen at about ${timeText(last)}, ${durationText(Math.max(1, toSeconds - last))} before`,
  };
}

/** Within the minute before a point that has a value: the first second that has one, whatever time was asked for. */
async function firstSecond(
  counted: string,
  { before, reader }: { before: number; reader: PrometheusReader },
): Promise<number | undefined> {
  const toSeconds = Math.ceil(before);
  let first: number | undefined;
  await reader.queryRange(
    { query: counted, fromSeconds: toSeconds - 61, toSeconds, stepSeconds: 1 },
    ({ times }) => {
      first = times[0];
    },
  );
  return first;
}

/** A day after the time asked for, unless that is still to come. */
function laterOf({ toSeconds, nowSeconds }: Query): number {
  return Math.max(toSeconds, Math.min(nowSeconds, toSeconds + daySeconds));
}

/** A rate is between two samples: a range that holds but one has none. */
async function tooFewSamples(selector: Selector, { query, reader }: Asking): Promise<Emptiness | undefined> {
  const { rangeSeconds } = selector;
  if (rangeSeconds === undefined) return undefined;
  const samples = `max(count_over_time(${selector.text}[${durationText(rangeSeconds)}]))`;
  const most = (await reader.number({ query: samples, atSeconds: query.toSeconds })) ?? 0;
  if (most >= 2) return undefined;
  const every = await everyText(reader);
  return {
    reason: 'too few samples',
    text: `the range [${durationText(rangeSeconds)}] holds ${most === 0 ? 'no sample' : 'one sample'} of ${cleanLine(selector.metric ?? selector.text, nameChars)}, and a rate needs two${every}: make it four scrapes long`,
  };
}

async function everyText(reader: PrometheusReader): Promise<string> {
  const targets = await reader.targets().catch(onlyUnknown);
  const every = Math.max(0, ...targets.map(({ everySeconds }) => everySeconds ?? 0));
  return every === 0 ? '' : ` (scraped each ${durationText(every)} at most)`;
}

/** What only speaks like Prometheus may know of no targets. */
function onlyUnknown(error: unknown): [] {
  if (error instanceof VigieError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_INPUT'))
    return [];
  throw error;
}

function nearestText(wanted: string, all: readonly string[]): string {
  const near = nearestNames(wanted, all).map(name => cleanLine(name, nameChars));
  return near.length === 0 ? '' : `; nearest: ${near.join(', ')}`;
}
