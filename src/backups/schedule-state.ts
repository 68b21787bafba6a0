import { isSameSchedule, scheduleText } from '../core/backup-schedule.ts';
import type { BackupSet } from '../core/backup-set.ts';
import { dueMoment } from '../core/due-moment.ts';
import { nextMoments } from '../core/schedule-times.ts';
import type { Moment, ScheduleRecord } from '../store/schedule-reader.ts';

/** Cron may come round each quarter of an hour, and a backup before it may take its time. */
const lateMs = 30 * 60_000;

/** How a set stands to what was approved for it. */
export interface ScheduleState {
  /** Approved; undefined: nothing. */
  line?: string;
  /** Why the line names no time, where it names none. */
  fault?: string;
  next?: Date;
  /** The newest moment for which something was begun. */
  last?: Moment;
  /** The first moment that came since, and for which nobody began anything. */
  missed?: Date;
  /** What a clock that was ahead left, in words, and whether it keeps all back; undefined: nothing. */
  clock?: { left: string; stops: boolean };
  /** What vigie.yaml wishes, where that is not what stands. */
  wishes?: string;
}

/** Since when nothing was begun, which may be weeks before the newest of the moments that passed. */
function firstMissed(
  schedule: ScheduleRecord['schedule'],
  at: { since: Date; last: Moment | undefined; newestMissed: Date },
): Date {
  const begun = at.last === undefined ? at.since : new Date(at.last.moment);
  const [first] = nextMoments(schedule, { now: begun > at.since ? begun : at.since, count: 1 });
  return first !== undefined && first < at.newestMissed ? first : at.newestMissed;
}

/** What stands of one set, against its wish and the clock. */
export function scheduleState(
  set: Pick<BackupSet, 'name' | 'schedule'>,
  { standing, now }: { standing: ScheduleRecord | undefined; now: Date },
): ScheduleState {
  const { schedule: wish } = set;
  const differs = wish !== undefined && (standing === undefined || !isSameSchedule(wish, standing.schedule));
  const wishes = differs ? { wishes: scheduleText(wish) } : {};
  if (standing === undefined) return wishes;
  const { schedule, last, fault, ahead } = standing;
  const since = new Date(standing.since);
  const stands = { ...wishes, line: scheduleText(schedule), ...(last === undefined ? {} : { last }) };
  if (fault !== undefined) return { ...stands, fault };
  const begunAhead = ahead.map(moment => new Date(moment).getTime());
  const next = nextMoments(schedule, { now: since > now ? since : now, count: ahead.length + 1 }).find(
    moment => !begunAhead.includes(moment.getTime()),
  );
  const newestMissed = dueMoment(schedule, {
    now,
    since,
    begun: last === undefined ? [] : [new Date(last.moment)],
    graceMs: lateMs,
  });
  const missed =
    newestMissed === undefined ? undefined : firstMissed(schedule, { since, last, newestMissed });
  const clock = clockOf({ since, now, ahead });
  return {
    ...stands,
    ...(next === undefined ? {} : { next }),
    ...(missed === undefined ? {} : { missed }),
    ...(clock === undefined ? {} : { clock }),
  };
}

function clockOf(at: { since: Date; now: Date; ahead: readonly string[] }): ScheduleState['clock'] {
  const { since, now, ahead } = at;
  if (since > now)
    return {
      left: `a clock that was ahead had it stand from ${since.toISOString()} on, and nothing is begun before`,
      stops: true,
    };
  const [first] = ahead;
  if (first === undefined) return undefined;
  const more = ahead.length === 1 ? '' : `, nor for ${ahead.length - 1} more`;
  return {
    left: `a clock that was ahead began it for ${first} already; it is not begun again then${more}`,
    stops: false,
  };
}
