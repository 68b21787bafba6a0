import { lastMoment, type Rhythm } from './schedule-times.ts';

/**
 * The moment for which something is to be begun now; undefined: none. However many were missed it is the newest alone.
 * One that was begun never is again, whatever the clock was set to meanwhile: not one of `begun`, none before the
 * oldest of them, since those before it are forgotten, and none that came before the schedule stood.
 */
export function dueMoment(
  rhythm: Rhythm,
  at: { now: Date; since: Date; begun: readonly Date[] },
): Date | undefined {
  const moment = lastMoment(rhythm, at.now);
  if (moment === undefined || moment <= at.since) return undefined;
  const times = at.begun.map(begun => begun.getTime());
  if (times.includes(moment.getTime()) || (times.length > 0 && moment.getTime() < Math.min(...times)))
    return undefined;
  return moment;
}
