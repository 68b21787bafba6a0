import type { Points } from './summary.ts';

/** A chart of a terminal has some hundred columns, one of a page some hundred points. */
export const courseSlots = 240;

/**
 * The course of a series in so many equal shares of the time: of each the largest value, so that a short peak is seen;
 * undefined where it has none.
 */
export function courseOf(
  { times, values, count }: Points,
  { fromSeconds, toSeconds, slots }: { fromSeconds: number; toSeconds: number; slots: number },
): (number | undefined)[] {
  const span = toSeconds - fromSeconds;
  const course: (number | undefined)[] = Array.from({ length: slots }, () => undefined);
  for (let index = 0; index < count; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const share = span <= 0 ? 0 : ((times[index] ?? 0) - fromSeconds) / span;
    const at = Math.max(0, Math.min(slots - 1, Math.floor(share * slots)));
    course[at] = Math.max(course[at] ?? Number.NEGATIVE_INFINITY, value);
  }
  return course;
}
