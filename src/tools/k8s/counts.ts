import { cleanLine } from '../../core/text.ts';

// More than this many different values are no summary any more; the rarest fall under `other`.
const mostKeys = 12;
const keyChars = 60;

/** How often each value occurs, the most frequent first. */
export function countBy(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) {
    const key = cleanLine(value, keyChars);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].sort((left, right) => right[1] - left[1]);
  if (sorted.length <= mostKeys) return Object.fromEntries(sorted);
  const other = sorted.slice(mostKeys).reduce((sum, [, count]) => sum + count, 0);
  return Object.fromEntries([...sorted.slice(0, mostKeys), ['other', other]]);
}

/** Counts behind a total: `: 97 Running, 3 Pending`; empty without counts. */
export function countText(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([value, count]) => `${count} ${value}`);
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
