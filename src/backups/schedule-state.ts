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
  /** A moment that came, and for which nobody began anything. */
  missed?: Date;
  /** What vigie.yaml wishes, where that is not what stands. */
  wishes?: string;
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
  const { schedule, last, fault } = standing;
  const stands = { ...wishes, line: scheduleText(schedule), ...(last === undefined ? {} : { last }) };
  if (fault !== undefined) return { ...stands, fault };
  const [next] = nextMoments(schedule, { now, count: 1 });
  const missed = dueMoment(schedule, {
    now: new Date(now.getTime() - lateMs),
    since: new Date(standing.since),
    begun: last === undefined ? [] : [new Date(last.moment)],
  });
  return {
    ...stands,
    ...(next === undefined ? {} : { next }),
    ...(missed === undefined ? {} : { missed }),
  };
}
