import type { PlaybookTriggers } from '../../core/playbook.ts';
import { lastMoment, nextMoments } from '../../core/schedule-times.ts';

/** A worker that is started anew is back by then: nothing was missed. */
const onTimeMs = 5 * 60_000;
/** What was meant for yesterday is of no use today. */
const missedMs = 24 * 3_600_000;
/** More are told as that many. */
const mostCounted = 100;

/** The newest moment of a schedule, which nobody has dealt with. */
export interface DueTick {
  /** In milliseconds since 1970. */
  at: number;
  /** False: it is past, and only reported. */
  starts: boolean;
  /** Moments before it that nobody dealt with, and that start nothing. */
  missed: number;
}

/** What of a schedule is due; undefined: nothing. `last`: up to when it was dealt with. However many moments passed, one run starts at most. */
export function dueTick(
  { cron, timezone, missed }: NonNullable<PlaybookTriggers['schedule']>,
  { now, last }: { now: number; last: number },
): DueTick | undefined {
  const rhythm = { cron, timeZone: timezone };
  const moment = lastMoment(rhythm, new Date(now))?.getTime();
  if (moment === undefined || moment <= last) return undefined;
  const passed = nextMoments(rhythm, { now: new Date(last), count: mostCounted + 1 });
  const late = now - moment;
  return {
    at: moment,
    starts: late <= (missed === 'once' ? missedMs : onTimeMs),
    missed: Math.min(mostCounted, passed.filter(each => each.getTime() < moment).length),
  };
}
