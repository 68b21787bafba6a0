import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { amountText, timeText } from '../../../metrics/amounts.ts';
import { durationText } from '../../../metrics/durations.ts';
import { labelText } from '../../../metrics/label-text.ts';
import { innermost } from '../../../metrics/promql/tree.ts';
import { Ranking } from '../../../metrics/ranking.ts';
import { type Unit, unitOf } from '../../../metrics/units.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { fittingRows } from '../../text-table.ts';
import { type Query, readQuery } from './ask.ts';
import { fetchSeries } from './fetch.ts';
import type { MetricsQueryAsked } from './input.ts';
import { rawPage } from './raw.ts';
import { queryData, queryRows } from './rows.ts';
import { whyEmpty } from './why-empty.ts';

/** However many series there are, this is what a model reads of them. */
const answerBytes = 6_000;
// Counts, the header, notes and JSON punctuation beside the rows.
const overheadBytes = 1_800;
const mostNotes = 5;

interface QueryAnswer {
  series: number;
  points: number;
  shown: number;
  unit: string;
  truncated: boolean;
  empty?: string;
  notes?: string[];
  cursor?: string;
  rows?: JsonObject[];
  time?: { from: string; to: string };
}

export async function read(
  asked: MetricsQueryAsked,
  context: ToolContext,
): Promise<{ data: QueryAnswer; text: string }> {
  const reader = await context.systems.prometheus();
  if (asked.raw || asked.cursor !== undefined) return rawPage(asked, { reader, context });
  const query = await readQuery(asked, { reader, now: context.now });
  const ranking = new Ranking(asked.top, query);
  const fetched = await fetchSeries(query, { reader, top: asked.top, each: series => ranking.add(series) });
  const unit = query.tree === undefined ? noUnit : unitOf(query.tree);
  const when = timeOf(query);
  const notes = [
    ...query.notes,
    ...fetched.said,
    ...(fetched.partial ? ['a part of the storage did not answer: values are missing'] : []),
  ];
  if (fetched.scalar !== undefined) {
    const facts = {
      series: 0,
      points: 1,
      shown: 0,
      unit: unitText(unit),
      truncated: false,
      ...notesFact(notes),
    };
    const text = `${amountText(fetched.scalar.value, unit)} ${when}, one number`;
    return { data: facts, text: [text, ...noteLines(notes)].join('\n') };
  }
  if (ranking.total === 0) {
    const why = await whyEmpty(query, reader);
    const facts = {
      series: 0,
      points: 0,
      shown: 0,
      unit: unitText(unit),
      truncated: false,
      empty: why.reason,
      ...notesFact(notes),
    };
    return { data: facts, text: [`no series ${when}: ${why.text}`, ...noteLines(notes)].join('\n') };
  }
  if (ranking.histograms > 0)
    notes.push(
      `${ranking.histograms} points are native histograms, which are not shown: histogram_quantile(0.95, …) makes values of them`,
    );
  const counter = bareCounter(query);
  if (counter !== undefined)
    notes.push(`${counter} only grows: rate(…[5m]) or increase(…[1h]) says how fast`);
  const mask = (text: string) => context.mask(text);
  const { common } = ranking;
  const { header, rows } = queryRows(ranking.kept, { query, unit, common, mask });
  const forModel = context.budgetBytes <= limits.answerBytes;
  const room = (forModel ? Math.min(context.budgetBytes, answerBytes) : context.budgetBytes) - overheadBytes;
  const data =
    asked.format === 'json' ? queryData(ranking.kept, { mask, whole: !forModel, query }) : undefined;
  const shown = fittingRows<string | JsonObject>(data ?? rows, room);
  const series = fetched.counted ?? ranking.total;
  const headline = [
    `${series} series ${when}`,
    ...(unit.base === 'none' ? [] : [`in ${unit.base === 'ratio' ? '% of one' : unitText(unit)}`]),
    ...(common.size === 0 ? [] : [`all ${labelText(Object.fromEntries(common), { mask })}`]),
  ];
  if (shown.length < series)
    notes.unshift(restText({ shown: shown.length, series, chosen: fetched.counted !== undefined }));
  return {
    data: {
      series,
      points: ranking.points,
      shown: shown.length,
      unit: unitText(unit),
      truncated: shown.length < series,
      ...notesFact(notes),
      ...(data === undefined
        ? {}
        : {
            rows: data.slice(0, shown.length),
            time: { from: timeText(query.fromSeconds), to: timeText(query.toSeconds) },
          }),
    },
    text: [
      headline.join(', '),
      ...(data === undefined ? [header, ...rows.slice(0, shown.length)] : []),
      ...noteLines(notes),
    ].join('\n'),
  };
}

const noUnit: Unit = { base: 'none', perSecond: false };

function unitText({ base, perSecond }: Unit): string {
  return base + (perSecond ? '/s' : '');
}

function timeOf({ fromSeconds, toSeconds, stepSeconds }: Query): string {
  if (stepSeconds === undefined) return `at ${timeText(toSeconds)}`;
  return `from ${timeText(fromSeconds)} to ${timeText(toSeconds)} (${durationText(toSeconds - fromSeconds)}, each ${durationText(stepSeconds)})`;
}

function restText({ shown, series, chosen }: { shown: number; series: number; chosen: boolean }): string {
  const how = chosen ? ', chosen by the server' : '';
  return `the ${shown} largest of ${series} shown${how}; narrow by labels or group`;
}

/** A counter that is asked as it stands. */
function bareCounter({ tree, stepSeconds }: Query): string | undefined {
  if (tree === undefined || stepSeconds === undefined) return undefined;
  const node = innermost(tree);
  const name = node.name === 'VectorSelector' ? (node.children[0]?.text ?? '') : '';
  return /_total$|_count$|_sum$|_bucket$/.test(name) ? name : undefined;
}

function notesFact(notes: readonly string[]): { notes?: string[] } {
  return notes.length === 0 ? {} : { notes: notes.slice(0, mostNotes) };
}

function noteLines(notes: readonly string[]): string[] {
  return notes.slice(0, mostNotes);
}
