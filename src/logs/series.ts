/** The numbers of one series that a metric query of LogQL gave: all of it that a reader needs at first sight. */
export interface SeriesSummary {
  labels: Readonly<Record<string, string>>;
  last: number;
  min: number;
  mean: number;
  max: number;
  /** The mean of each of a few equal parts of the series; as a line is drawn. */
  parts: number[];
}

const parts = 24;

/** Sums up each series, the largest last value first. Values that are no numbers are left out; a series of none is. */
export function summariseSeries(
  series: readonly { labels: Readonly<Record<string, string>>; values: readonly number[] }[],
): SeriesSummary[] {
  return series
    .flatMap(({ labels, values }) => {
      const finite = values.filter(Number.isFinite);
      const last = finite.at(-1);
      if (last === undefined) return [];
      const { min, max, sum } = finite.reduce(
        (so, each) => ({ min: Math.min(so.min, each), max: Math.max(so.max, each), sum: so.sum + each }),
        { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0 },
      );
      return [{ labels, last, min, mean: sum / finite.length, max, parts: inParts(finite) }];
    })
    .toSorted((left, right) => right.last - left.last || right.max - left.max);
}

function inParts(values: readonly number[]): number[] {
  const many = Math.min(parts, values.length);
  return Array.from({ length: many }, (_, part) => {
    const from = Math.floor((part * values.length) / many);
    const some = values.slice(from, Math.floor(((part + 1) * values.length) / many));
    return some.reduce((sum, each) => sum + each, 0) / some.length;
  });
}

/** Four digits at most, and what a person reads at once. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6) return value.toExponential(2);
  return String(Number(value.toPrecision(size >= 1_000 ? 6 : 4)));
}
