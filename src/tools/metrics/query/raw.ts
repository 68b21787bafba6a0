import type { PrometheusReader } from '../../../clients/prometheus/reader.ts';
import { VigieError } from '../../../core/errors.ts';
import { isObject } from '../../../core/json.ts';
import { timeText } from '../../../metrics/amounts.ts';
import { durationText } from '../../../metrics/durations.ts';
import { labelText } from '../../../metrics/label-text.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { type Query, readQuery } from './ask.ts';
import { fetchSeries } from './fetch.ts';
import type { MetricsQueryAsked } from './input.ts';

// At some 25 bytes each, with the labels of their series between them.
const pagePoints = 120;
const pageBytes = 4_500;

/** Where a page begins; times are kept, since `now` is another at the next page. */
interface Place {
  from: number;
  to: number;
  step: number | undefined;
  skip: number;
}

/** Points as the server has them, so many a page, in the order of the server. */
export async function rawPage(
  asked: MetricsQueryAsked,
  { reader, context }: { reader: PrometheusReader; context: ToolContext },
) {
  const place = asked.cursor === undefined ? undefined : placeIn(asked.cursor);
  const read = await readQuery(asked, { reader, now: context.now });
  const query: Query =
    place === undefined
      ? read
      : { ...read, fromSeconds: place.from, toSeconds: place.to, stepSeconds: place.step };
  const skip = place?.skip ?? 0;
  const lines: string[] = [];
  let [series, points, shown, bytes] = [0, 0, 0, 0];
  const { partial, said } = await fetchSeries(query, {
    reader,
    top: asked.top,
    each({ labels, count, times, values }) {
      series += 1;
      const first = points;
      points += count;
      if (points <= skip || shown >= pagePoints || bytes >= pageBytes) return;
      const name = labelText(labels, { mask: text => context.mask(text) }) || '(all)';
      lines.push(name);
      bytes += Buffer.byteLength(name);
      for (let index = Math.max(0, skip - first); index < count; index += 1) {
        if (shown >= pagePoints || bytes >= pageBytes) break;
        const line = `  ${timeText(times[index] ?? 0)} ${valueText(values[index] ?? Number.NaN)}`;
        lines.push(line);
        bytes += line.length;
        shown += 1;
      }
    },
  });
  const next = skip + shown < points ? cursorOf({ ...query, skip: skip + shown }) : undefined;
  const notes = [...read.notes, ...said, ...(partial ? ['a part of the storage did not answer'] : [])];
  const step = query.stepSeconds === undefined ? '' : `, each ${durationText(query.stepSeconds)}`;
  const headline = `points ${Math.min(skip + 1, points)} to ${skip + shown} of ${points}, in ${series} series${step}`;
  return {
    data: {
      series,
      points,
      shown,
      unit: 'none',
      truncated: next !== undefined,
      ...(notes.length === 0 ? {} : { notes }),
      ...(next === undefined ? {} : { cursor: next }),
    },
    text: [headline, ...lines, ...notes, ...(next === undefined ? [] : [`more: cursor ${next}`])].join('\n'),
  };
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function cursorOf({ fromSeconds, toSeconds, stepSeconds, skip }: Query & { skip: number }): string {
  const place = [fromSeconds, toSeconds, stepSeconds ?? 0, skip];
  return Buffer.from(JSON.stringify({ place })).toString('base64url');
}

function placeIn(cursor: string): Place {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parsed = undefined;
  }
  const place = isObject(parsed) && Array.isArray(parsed['place']) ? parsed['place'] : [];
  const [from, to, step, skip] = place.map(each =>
    typeof each === 'number' && each >= 0 ? each : undefined,
  );
  if (from === undefined || to === undefined || step === undefined || skip === undefined)
    throw new VigieError('INVALID_INPUT', 'The cursor is none of an answer to this query', {
      hint: 'Ask without cursor for the first page.',
    });
  return { from, to, step: step === 0 ? undefined : step, skip };
}
