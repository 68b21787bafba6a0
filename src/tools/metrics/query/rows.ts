import type { JsonObject } from '../../../core/json.ts';
import { amountText, jsonNumber, timeText } from '../../../metrics/amounts.ts';
import { durationText } from '../../../metrics/durations.ts';
import { labelText } from '../../../metrics/label-text.ts';
import type { Ranked } from '../../../metrics/ranking.ts';
import type { Trend } from '../../../metrics/summary.ts';
import type { Unit } from '../../../metrics/units.ts';
import { tableHeader, tableLine } from '../../text-table.ts';
import type { Query } from './ask.ts';

// A scrape that is missed once leaves a gap of two steps.
const endedSteps = 2.5;

/** The rows of an answer with their header: of one moment the value, of a range its figures. */
export function queryRows(
  kept: readonly Ranked[],
  facts: { query: Query; unit: Unit; common: ReadonlyMap<string, string>; mask: (text: string) => string },
): { header: string; rows: string[] } {
  const { query, unit, common, mask } = facts;
  const name = (ranked: Ranked) => labelText(ranked.labels, { without: common, mask }) || '(all)';
  if (isMoment(kept, query))
    return {
      header: tableHeader(['value', 'series']),
      rows: kept.map(each => tableLine([amountText(each.summary.last, unit), name(each)])),
    };
  return {
    header: tableHeader(['last', 'min', 'mean', 'max', 'p95', 'trend', 'course', 'series']),
    rows: kept.map(each => {
      const { summary } = each;
      const figures = [summary.min, summary.mean, summary.max, summary.p95];
      return tableLine([
        amountText(summary.last, unit) + endedText(summary.lastAt, query),
        ...figures.map(value => amountText(value, unit)),
        trendText(summary.trend),
        summary.spark,
        name(each),
      ]);
    }),
  };
}

function isMoment(kept: readonly Ranked[], { stepSeconds }: Query): boolean {
  return stepSeconds === undefined && kept.every(({ summary }) => summary.points <= 1);
}

/** The same as data: of one moment the value, of a range its figures, with its course (`null`: no value) where that is not a model's to pay for. */
export function queryData(
  kept: readonly Ranked[],
  { mask, whole, query }: { mask: (text: string) => string; whole: boolean; query: Query },
): JsonObject[] {
  const moment = isMoment(kept, query);
  return kept.map(({ labels, summary, course }) => {
    const { last, lastAt, min, mean, max, p95, trend, spark } = summary;
    if (moment) return { series: labelText(labels, { mask }), at: timeText(lastAt), value: jsonNumber(last) };
    return {
      series: labelText(labels, { mask }),
      at: timeText(lastAt),
      ...Object.fromEntries(
        Object.entries({ last, min, mean, max, p95 }).map(([name, value]) => [name, jsonNumber(value)]),
      ),
      trend: trendText(trend),
      spark,
      ...(whole ? { course: course.map(value => value ?? null) } : {}),
    };
  });
}

function endedText(lastAt: number, { toSeconds, stepSeconds = 0 }: Query): string {
  const before = toSeconds - lastAt;
  return stepSeconds > 0 && before > endedSteps * stepSeconds
    ? ` (ended ${durationText(before)} before)`
    : '';
}

function trendText({ direction, change }: Trend): string {
  if (direction === 'flat') return 'flat';
  if (change === undefined || Math.abs(change) > 9.99) return direction;
  return `${change > 0 ? '+' : ''}${Math.round(change * 100)}%`;
}
