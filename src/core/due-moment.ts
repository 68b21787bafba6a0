import { lastMoment, type Rhythm } from './schedule-times.ts';

/**
 * The moment for which something is to be begun now; undefined: none. However many were missed it is the newest alone,
 * none that came before the schedule stood, and none once something was begun for it or a later one. What a clock that
 * was ahead began, for a moment that has not come, keeps nothing back until that comes, and then that one alone.
 * `graceMs`: so long it may have been due already.
 */
export function dueMoment(
  rhythm: Rhythm,
  at: { now: Date; since: Date; begun: readonly Date[]; graceMs?: number },
): Date | undefined {
  const { now, since, begun, graceMs = 0 } = at;
  const moment = lastMoment(rhythm, new Date(now.getTime() - graceMs));
  if (moment === undefined || moment <= since) return undefined;
  return begun.some(each => each >= moment && each <= now) ? undefined : moment;
}
