import { isObject, type JsonObject, objectsIn, textOf } from '../../core/json.ts';
import { amountText } from '../../metrics/amounts.ts';
import type { Chart } from '../../metrics/chart-svg.ts';
import { bases, type Unit } from '../../metrics/units.ts';

// More lines are not told apart.
const mostLines = 8;

/** The chart of an answer of metrics_query that has its rows as data. */
export function chartOf(data: JsonObject, { title }: { title: string }): Chart {
  const lines = objectsIn(data['rows'])
    .slice(0, mostLines)
    .map(row => ({ name: textOf(row, 'series'), course: courseIn(row['course']) }));
  const time = isObject(data['time']) ? data['time'] : {};
  const unit = unitIn(textOf(data, 'unit'));
  return {
    title,
    fromText: textOf(time, 'from'),
    toText: textOf(time, 'to'),
    lines,
    amount: value => amountText(value, unit),
  };
}

function courseIn(course: unknown): (number | null)[] {
  return Array.isArray(course) ? course.map(value => (typeof value === 'number' ? value : null)) : [];
}

function unitIn(text: string): Unit {
  const [name] = text.split('/');
  return { base: bases.find(base => base === name) ?? 'none', perSecond: text.endsWith('/s') };
}
