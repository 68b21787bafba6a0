import { courseOf } from './course.ts';
import { sparkline } from './sparkline.ts';

/** The points of one series, in arrays that may hold more than `count`. */
export interface Points {
  count: number;
  times: Float64Array;
  values: Float64Array;
}

/** What a series comes to over a time. Numbers are of its finite values; NaN where it has none. */
export interface Summary {
  last: number;
  /** Of its last point, in seconds. */
  lastAt: number;
  min: number;
  mean: number;
  max: number;
  p95: number;
  trend: Trend;
  spark: string;
  points: number;
  /** Points that are NaN or infinite: they count for nothing but `last`. */
  odd: number;
}

/** `change`: from the beginning of its straight line to the end, against the mean; undefined of a mean of nothing. */
export interface Trend {
  direction: 'rising' | 'falling' | 'flat';
  change: number | undefined;
}

const sparkWidth = 16;
// Less than a twentieth is what a graph shows as level.
const leastChange = 0.05;

/** The largest finite value; what the rank of a series goes by. Minus infinity where it has none. */
export function peakOf({ values, count }: Points): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (value > most && value !== Number.POSITIVE_INFINITY) most = value;
  }
  return most;
}

export function summarize(points: Points, within: { fromSeconds: number; toSeconds: number }): Summary {
  const { times, values, count } = points;
  const finite = values.slice(0, count).filter(value => Number.isFinite(value));
  const sum = finite.reduce((total, value) => total + value, 0);
  const sorted = finite.toSorted();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return {
    last: count === 0 ? Number.NaN : (values[count - 1] ?? Number.NaN),
    lastAt: count === 0 ? Number.NaN : (times[count - 1] ?? Number.NaN),
    min: at(0),
    mean: finite.length === 0 ? Number.NaN : sum / finite.length,
    max: at(1),
    p95: at(0.95),
    trend: trendOf(points),
    spark: sparkline(courseOf(points, { ...within, slots: sparkWidth })),
    points: count,
    odd: count - finite.length,
  };
}

/** By the straight line that fits best; one that explains less than what the values stray from it is no trend. */
function trendOf({ times, values, count }: Points): Trend {
  const start = times[0] ?? 0;
  let [n, sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    const y = values[index] ?? Number.NaN;
    if (!Number.isFinite(y)) continue;
    const x = (times[index] ?? 0) - start;
    n += 1;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
  }
  const spread = n * sumXX - sumX * sumX;
  if (n < 3 || spread <= 0) return { direction: 'flat', change: undefined };
  const slope = (n * sumXY - sumX * sumY) / spread;
  const change = slope * ((times[count - 1] ?? 0) - start);
  const mean = sumY / n;
  const variance = Math.max(0, sumYY / n - mean * mean);
  const explained = (slope * slope * spread) / (n * n);
  const relative = mean === 0 ? undefined : change / Math.abs(mean);
  const small = relative !== undefined && Math.abs(relative) < leastChange;
  if (small || variance === 0 || explained < variance / 2) return { direction: 'flat', change: undefined };
  return { direction: change > 0 ? 'rising' : 'falling', change: relative };
}
