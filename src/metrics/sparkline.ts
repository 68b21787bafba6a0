const bars = '▁▂▃▄▅▆▇█';

/**
 * The course of a series in so many characters, from its lowest value to its highest; a dot where it has none. Each
 * character is the largest value of its share of the time, so that a short peak is seen.
 */
export function sparkline(
  { times, values, count }: { times: Float64Array; values: Float64Array; count: number },
  { fromSeconds, toSeconds, width }: { fromSeconds: number; toSeconds: number; width: number },
): string {
  const span = toSeconds - fromSeconds;
  const most: (number | undefined)[] = Array.from({ length: width }, () => undefined);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < count; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    const share = span <= 0 ? 0 : ((times[index] ?? 0) - fromSeconds) / span;
    const at = Math.max(0, Math.min(width - 1, Math.floor(share * width)));
    most[at] = Math.max(most[at] ?? Number.NEGATIVE_INFINITY, value);
  }
  if (low > high) return '';
  const height = high - low;
  return most
    .map(value => {
      if (value === undefined) return '·';
      // A series that stands still is a line in the middle, not on the floor.
      const level = height === 0 ? 3 : Math.min(7, Math.floor(((value - low) / height) * 8));
      return bars.charAt(level);
    })
    .join('');
}
