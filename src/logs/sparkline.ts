const bars = '▁▂▃▄▅▆▇█';

/** A bar a value, the largest at full height; a dot where there is none, so that one line in a day is still seen. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values);
  return values
    .map(value => (value <= 0 ? '·' : bars[Math.min(7, Math.floor((value / most) * 7.999))]))
    .join('');
}
