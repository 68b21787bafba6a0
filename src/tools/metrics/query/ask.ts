import type { Flavour, PrometheusReader } from '../../../clients/prometheus/reader.ts';
import { VigieError } from '../../../core/errors.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { durationSeconds, durationText } from '../../../metrics/durations.ts';
import { checkQuery } from '../../../metrics/promql/check.ts';
import type { QueryNode } from '../../../metrics/promql/tree.ts';
import { mostPointsOfSeries, readTime, stepFor } from '../../../metrics/time-range.ts';
import type { MetricsQueryAsked } from './input.ts';

/** A query that may be sent: what is asked of the server, and of which time. */
export interface Query {
  /** As the server gets it. */
  text: string;
  /** Of what the caller wrote; undefined where only the server can judge it (MetricsQL). */
  tree: QueryNode | undefined;
  flavour: Flavour;
  nowSeconds: number;
  fromSeconds: number;
  toSeconds: number;
  /** Undefined: one moment, at `toSeconds`. */
  stepSeconds: number | undefined;
  notes: string[];
}

type Asked = Pick<MetricsQueryAsked, 'query' | 'at' | 'from' | 'to' | 'step' | 'groupBy'>;

// An answer's date has whole seconds, and takes one to come.
const skewSeconds = 5;

/** Reads and checks what was asked. @throws VigieError INVALID_INPUT */
export async function readQuery(
  asked: Asked,
  { reader, now }: { reader: PrometheusReader; now: Date },
): Promise<Query> {
  const checked = checkQuery(asked.query);
  const server = await reader.server();
  const { mistake } = checked;
  // What does not parse may be MetricsQL; but no dialect leaves a bracket open.
  if (mistake !== undefined && (mistake.certain || server.flavour === 'Prometheus'))
    throw new VigieError(
      'INVALID_INPUT',
      `The query is wrong at line ${mistake.line}, column ${mistake.column}: ${mistake.message}\n${mistake.shown}`,
      { details: { line: mistake.line, column: mistake.column } },
    );
  const notes =
    mistake === undefined ? [] : [`not checked before it was sent, as MetricsQL perhaps: ${mistake.message}`];
  const ours = now.getTime() / 1000;
  const theirs = server.time === undefined ? ours : server.time.getTime() / 1000;
  const skewed = Math.abs(theirs - ours) > skewSeconds;
  if (skewed)
    notes.push(
      `the clock here is ${durationText(Math.abs(ours - theirs))} ${ours > theirs ? 'ahead of' : 'behind'} that of ${reader.shown}, whose time counts`,
    );
  const nowSeconds = skewed ? theirs : ours;
  return {
    text: grouped(asked),
    tree: checked.tree,
    flavour: server.flavour,
    nowSeconds,
    ...timesOf(asked, nowSeconds),
    notes,
  };
}

function grouped({ query, groupBy = [] }: Asked): string {
  if (groupBy.length === 0) return query;
  const wrong = groupBy.find(label => !/^[A-Za-z_]\w*$/.test(label));
  if (wrong !== undefined)
    throw new VigieError('INVALID_INPUT', `groupBy: ${JSON.stringify(wrong)} is no name of a label`);
  // On lines of its own, since it may end with a comment.
  return `sum by (${groupBy.join(', ')}) (\n${query}\n)`;
}

function timesOf(asked: Asked, nowSeconds: number): Pick<Query, 'fromSeconds' | 'toSeconds' | 'stepSeconds'> {
  const read = (field: 'at' | 'from' | 'to') => {
    const text = asked[field];
    if (text === undefined) return undefined;
    const seconds = readTime(text, nowSeconds);
    if (seconds === undefined)
      throw new VigieError('INVALID_INPUT', `${field}: ${JSON.stringify(text)} is no time`, {
        hint: 'How long ago (90m, 2d) or a time (2026-01-31T12:00:00Z).',
      });
    return seconds;
  };
  const [at, from, to] = [read('at'), read('from'), read('to')];
  if (from === undefined) {
    if (to !== undefined || asked.step !== undefined)
      throw new VigieError('INVALID_INPUT', 'to and step belong to a range, which needs from');
    return { fromSeconds: at ?? nowSeconds, toSeconds: at ?? nowSeconds, stepSeconds: undefined };
  }
  if (at !== undefined)
    throw new VigieError('INVALID_INPUT', 'at is of one moment, from is of a range: give one');
  const end = to ?? nowSeconds;
  if (from >= end)
    throw new VigieError('INVALID_INPUT', 'from must be before to', {
      hint: 'How long ago counts back from now: from 2h to 1h is the hour before the last one.',
    });
  const step = asked.step === undefined ? stepFor(end - from) : durationSeconds(asked.step);
  if (step === undefined || step <= 0)
    throw new VigieError(
      'INVALID_INPUT',
      `step: ${JSON.stringify(asked.step)} is no duration such as 30s or 5m`,
    );
  if ((end - from) / step >= mostPointsOfSeries)
    throw new VigieError('INVALID_INPUT', `That is more than ${mostPointsOfSeries} points of each series`, {
      hint: trusted`Set the argument step to ${durationText(stepFor(end - from))} or more.`,
    });
  return { fromSeconds: from, toSeconds: end, stepSeconds: step };
}
