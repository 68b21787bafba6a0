import type { Aggregate, Expression, Selector } from './expression.ts';
import type { Series } from './samples.ts';

/** A series of an answer, with a value for each time that it has one. */
export interface Result {
  labels: Record<string, string>;
  points: { ms: number; value: number }[];
}

/** The value of an expression at each of some times. */
export function evaluate(
  expression: Expression,
  { series, times }: { series: readonly Series[]; times: readonly number[] },
): Result[] {
  switch (expression.kind) {
    case 'selector':
      return selected(series, expression.selector).map(({ labels, at }) => ({
        labels,
        points: pointsOf(times, at),
      }));
    case 'rate':
    case 'increase': {
      const { selector, rangeSeconds, kind } = expression;
      const per = kind === 'rate' ? rangeSeconds : 1;
      return selected(series, selector).map(({ labels: { __name__: _name, ...labels }, at }) => ({
        labels,
        points: pointsOf(times, ms => {
          const [before, now] = [at(ms - rangeSeconds * 1_000), at(ms)];
          // A counter that began within the range has grown from nothing.
          return now === undefined ? undefined : Math.max(0, now - (before ?? 0)) / per;
        }),
      }));
    }
    case 'aggregate':
      return aggregated(evaluate(expression.of, { series, times }), { ...expression, times });
  }
}

export function selected(series: readonly Series[], { metric, matchers }: Selector): Series[] {
  return series.filter(
    ({ labels }) =>
      (metric === undefined || labels['__name__'] === metric) &&
      matchers.every(({ label, matches }) => matches(labels[label] ?? '')),
  );
}

function pointsOf(times: readonly number[], at: (ms: number) => number | undefined): Result['points'] {
  return times.flatMap(ms => {
    const value = at(ms);
    return value === undefined ? [] : [{ ms, value }];
  });
}

function aggregated(
  results: readonly Result[],
  { op, by, times }: { op: Aggregate; by: readonly string[]; times: readonly number[] },
): Result[] {
  const groups = Map.groupBy(results, ({ labels }) => JSON.stringify(by.map(label => labels[label] ?? '')));
  return [...groups.values()].map(group => {
    const values = new Map<number, number[]>();
    for (const { points } of group)
      for (const { ms, value } of points) values.set(ms, [...(values.get(ms) ?? []), value]);
    const first = group[0]?.labels ?? {};
    const labels = Object.fromEntries(
      by.flatMap(label => (first[label] === undefined ? [] : [[label, first[label]]])),
    );
    return { labels, points: pointsOf(times, ms => combined(op, values.get(ms))) };
  });
}

function combined(op: Aggregate, values: readonly number[] | undefined): number | undefined {
  if (values === undefined) return undefined;
  const sum = values.reduce((total, each) => total + each, 0);
  switch (op) {
    case 'sum':
      return sum;
    case 'avg':
      return sum / values.length;
    case 'count':
      return values.length;
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
  }
}
