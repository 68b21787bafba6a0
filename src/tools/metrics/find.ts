import * as z from 'zod';
import type { Described, PrometheusReader } from '../../clients/prometheus/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { nearestNames } from '../../core/nearest.ts';
import { cleanLine, cleanText } from '../../core/text.ts';
import { searchMetrics } from '../../metrics/search.ts';
import { defineReadTool, type ToolContext } from '../../toolkit/tool.ts';
import { fittingRows, tableHeader, tableLine } from '../text-table.ts';

const answerBytes = 6_000;
const overheadBytes = 1_200;
const hourSeconds = 3600;
const helpChars = 120;
const labelChars = 120;
const valueChars = 60;
// Of one metric: a label with more has so many, and shows the first.
const shownValues = 5;
const atOnce = 4;
const mostLabels = 20;
// A request each; what is not among the best is found by more words.
const withLabels = 10;

const input = z.strictObject({
  words: z.string().max(200).optional().describe('As: http latency.'),
  metric: z.string().max(200).optional().describe('Of one: its labels and their values.'),
  limit: z.int().min(1).max(100).default(20).describe('Metrics.'),
});

/** Finds metrics by words of their names and help, or shows the labels of one. */
export const metricsFind = defineReadTool({
  name: 'metrics_find',
  title: 'Find metrics',
  description: 'Find metrics by words, with type, help and labels; or the labels of one, with values.',
  input,
  output: z.object({
    total: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
  }),

  async read({ words, metric, limit }, context) {
    const reader = await context.systems.prometheus();
    const { time } = await reader.server();
    const nowSeconds = (time ?? context.now).getTime() / 1000;
    // A server's date is cut to its second, and samples of that second count.
    const within = { fromSeconds: nowSeconds - hourSeconds, toSeconds: nowSeconds + 1 };
    if (metric !== undefined) return labelsOf(metric, { reader, within, context });
    if (words === undefined)
      throw new VigieError('INVALID_INPUT', 'metrics_find needs words or metric', {
        hint: 'As metrics_find {"words": "http latency"}.',
      });
    const [names, described] = await Promise.all([
      reader.labelValues('__name__', within),
      describedBy(reader),
    ]);
    const known = familiesOf(names, described);
    const found = searchMetrics(words, known, { most: limit });
    const labels = new Map<string, string>();
    await inParallel(found.slice(0, withLabels), {
      atOnce,
      task: async ({ name }) => {
        const all = await reader.labelNames({ ...within, match: selectorOf(name) });
        labels.set(name, all.filter(label => label !== '__name__').join(','));
      },
    });
    const lines = found.map(({ name, type, help }) =>
      tableLine([
        shownText(name, { context, most: labelChars }),
        type,
        shownText(labels.get(name) ?? '', { context, most: labelChars }),
        shownText(help, { context, most: helpChars }),
      ]),
    );
    const shown = fittingRows(lines, Math.min(context.budgetBytes, answerBytes) - overheadBytes);
    const near = found.length > 0 ? [] : nearestNames(words, names);
    const nearest =
      near.length === 0
        ? ''
        : `; nearest: ${near.map(name => shownText(name, { context, most: labelChars })).join(', ')}`;
    const headline =
      found.length === 0
        ? `none of ${known.length} metrics fits${nearest}; try another word for it, as http, memory or errors; all names: vigie metrics query 'count by (__name__) ({__name__!=""})'`
        : `${found.length} of ${known.length} metrics, the nearest first`;
    const header = shown.length === 0 ? [] : [tableHeader(['metric', 'type', 'labels', 'help'])];
    return {
      data: {
        total: known.length,
        shown: shown.length,
        truncated: shown.length < found.length,
      },
      text: [headline, ...header, ...shown].join('\n'),
    };
  },
});

/** What exporters say; some servers that only speak like Prometheus keep nothing of it. */
async function describedBy(reader: PrometheusReader): Promise<Map<string, Described>> {
  return reader.metadata().catch((error: unknown) => {
    if (error instanceof VigieError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_INPUT'))
      return new Map();
    throw error;
  });
}

interface Family extends Described {
  name: string;
}

/** Names as they are queried, of a histogram or summary one; with what is known of their family. */
function familiesOf(names: readonly string[], described: ReadonlyMap<string, Described>): Family[] {
  const all = new Set(names);
  return names.flatMap(name => {
    const base = name.replace(/_(?:bucket|count|sum)$/, '');
    const family = described.get(name) ?? described.get(base) ?? described.get(name.replace(/_total$/, ''));
    const isPart = base !== name && all.has(`${base}_count`) && all.has(`${base}_sum`);
    const first = all.has(`${base}_bucket`) ? `${base}_bucket` : `${base}_sum`;
    if (isPart && name !== first) return [];
    return [{ name, type: family?.type ?? '', help: family?.help ?? '' }];
  });
}

async function labelsOf(
  metric: string,
  {
    reader,
    within,
    context,
  }: { reader: PrometheusReader; within: { fromSeconds: number; toSeconds: number }; context: ToolContext },
) {
  const match = selectorOf(metric);
  const labels = (await reader.labelNames({ ...within, match })).filter(label => label !== '__name__').sort();
  if (labels.length === 0) {
    const names = await reader.labelValues('__name__', within);
    if (!names.includes(metric)) {
      const near = nearestNames(metric, names).map(name => shownText(name, { context, most: labelChars }));
      const nearest = near.length === 0 ? '' : `; nearest: ${near.join(', ')}`;
      throw new VigieError('NOT_FOUND', `There is no such metric within the last hour${nearest}`, {
        hint: 'metrics_find {"words": "…"} finds metrics by words.',
      });
    }
  }
  const rows: string[] = [];
  const values = new Map<string, string[]>();
  await inParallel(labels.slice(0, mostLabels), {
    atOnce,
    task: async label => {
      values.set(label, await reader.labelValues(label, { ...within, match }));
    },
  });
  for (const label of labels) {
    const all = values.get(label);
    const some = (all ?? [])
      .slice(0, shownValues)
      .map(value => shownText(value, { context, most: valueChars }));
    const more = (all?.length ?? 0) > shownValues ? ', …' : '';
    rows.push(
      tableLine([shownText(label, { context, most: labelChars }), all?.length, some.join(', ') + more]),
    );
  }
  const described = (await describedBy(reader)).get(metric.replace(/_(?:bucket|count|sum)$/, ''));
  const shown = fittingRows(rows, Math.min(context.budgetBytes, answerBytes) - overheadBytes);
  const help =
    described === undefined
      ? ''
      : ` (${described.type}): ${shownText(described.help, { context, most: helpChars })}`;
  return {
    data: {
      total: labels.length,
      shown: shown.length,
      truncated: shown.length < labels.length,
    },
    text: [
      `${labels.length} labels of the metric${help}`,
      tableHeader(['label', 'values', 'some']),
      ...shown,
    ].join('\n'),
  };
}

function selectorOf(metric: string): string {
  return `{__name__=${JSON.stringify(metric)}}`;
}

/** What others wrote: cleaned, masked, and then cut. */
function shownText(text: string, { context, most }: { context: ToolContext; most: number }): string {
  return cleanLine(context.mask(cleanText(text)), most);
}
