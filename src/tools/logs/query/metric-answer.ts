import type { LokiReader } from '../../../clients/loki/reader.ts';
import type { JsonObject } from '../../../core/json.ts';
import { cleanLine } from '../../../core/text.ts';
import type { Logql } from '../../../logs/logql.ts';
import { numberText, type SeriesSummary, summariseSeries } from '../../../logs/series.ts';
import { sparkline } from '../../../logs/sparkline.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../../text-table.ts';
import { foldedBytes, spanText } from '../template-rows.ts';
import type { TimeSpan } from '../time-span.ts';
import { type Answer, type Asked, roomFor, spanMsOf } from './facts.ts';

const overheadBytes = 1_200;
// Points a series: enough for a line, few for a server.
const points = 120;
const labelChars = 160;
const columns = ['last', 'min', 'mean', 'max', 'rate', 'labels'];

/** The series of a metric query, summed up, the largest first. */
export async function metricAnswer(
  { loki, query }: { loki: LokiReader; query: Logql },
  { asked, span, context }: { asked: Asked; span: TimeSpan; context: ToolContext },
): Promise<Answer> {
  const spanMs = spanMsOf(span);
  const stepSeconds = Math.max(1, Math.ceil(spanMs / 1_000 / points));
  const found = await loki.range(query.text, { ...span, stepSeconds });
  const series = summariseSeries(found);
  const asData = asked.format === 'json';
  const room =
    (asData ? roomFor(context, foldedBytes) : Math.min(foldedBytes, context.budgetBytes)) - overheadBytes;
  const mask = (text: string) => context.mask(text);
  const some = series.slice(0, asked.limit);
  const data = asData
    ? fittingRows(
        some.map(each => dataOf(each, mask)),
        room,
      )
    : [];
  const rows = asData
    ? []
    : fittingRows(
        some.map(each => rowOf(each, mask)),
        room,
      );
  const shown = data.length + rows.length;
  const rest = series.length - shown;
  return {
    data: {
      source: 'loki',
      lines: 0,
      total: series.length,
      shown,
      truncated: rest > 0,
      ...(asData ? { rows: data } : {}),
    },
    text: [
      `${series.length} series over ${spanText(spanMs)}, a value each ${stepSeconds} s, the largest last value first`,
      ...(rows.length === 0 ? [] : [tableHeader(columns), ...rows]),
      ...(rest === 0 ? [] : [`${rest} more series; sum them up, as sum by (pod) (…)`]),
    ].join('\n'),
  };
}

function rowOf(
  { labels, last, min, mean, max, parts }: SeriesSummary,
  mask: (text: string) => string,
): string {
  return tableLine([...[last, min, mean, max].map(numberText), sparkline(parts), namesText(labels, mask)]);
}

function dataOf({ labels, last, min, mean, max }: SeriesSummary, mask: (text: string) => string): JsonObject {
  const figures = Object.entries({ last, min, mean, max }).map(([name, value]) => [
    name,
    // JSON knows neither NaN nor infinity.
    Number.isFinite(value) ? value : numberText(value),
  ]);
  return { labels: namesText(labels, mask), ...Object.fromEntries(figures) };
}

function namesText(labels: Readonly<Record<string, string>>, mask: (text: string) => string): string {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  // Masked before it is cut: half of a secret is not known for one later.
  return named.length === 0 ? '(all)' : cleanLine(mask(named.join(' ')), labelChars);
}
