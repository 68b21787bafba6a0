import type { Schedule } from '../core/backup-schedule.ts';

/** How a moment ended. `running`: it was begun; whoever began it may be gone. `broken off`: they are. `stopped`: policy or a lacking approval. */
export type MomentState = 'running' | 'done' | 'failed' | 'stopped' | 'broken off';

/** One moment of a schedule for which something was begun. Times are ISO 8601. */
export interface Moment {
  name: string;
  moment: string;
  state: MomentState;
  startedAt: string;
  endedAt?: string;
  drilled: boolean;
  /** A line each, masked. */
  said: string[];
}

/** A schedule as it may be shown. */
export interface ScheduleRecord {
  /** Of the set. */
  name: string;
  /** Its change, whose approval it stands on. */
  changeId: string;
  schedule: Schedule;
  /** Why that line names no time, where it names none: then nothing is begun by it. */
  fault?: string;
  /** ISO 8601: no moment before it is its. */
  since: string;
  /** The newest moment, of those that have come, for which something was begun. */
  last?: Moment;
  /** Moments that have not come and were begun all the same, by a clock that was ahead: the first ones; ISO 8601. */
  ahead: readonly string[];
}

/** What of one environment stands, handed to tools. */
export interface ScheduleReader {
  /** By name. */
  list(): Promise<ScheduleRecord[]>;
  /** When somebody last looked what is due; ISO 8601. Undefined: never. */
  lastTick(): Promise<string | undefined>;
}
