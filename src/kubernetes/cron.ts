import { Cron } from 'croner';
import type { CronJob } from './kinds/batch.ts';

/** When a schedule comes round, in its time zone (default: UTC). */
export interface Schedule {
  schedule: string;
  timeZone?: string | undefined;
}

/** Schedules that are read already; a few hundred are more than a world has. */
const readSchedules = new Map<string, Cron | undefined>();
const mostRead = 500;

/** The last moment at or before nowMs that a cron line names; undefined for one it cannot read or that never comes. */
export function lastRunBefore(schedule: Schedule, nowMs: number): number | undefined {
  // The moment itself counts; what a line names are whole seconds.
  return read(schedule)
    ?.previousRuns(1, new Date(Math.floor(nowMs / 1_000) * 1_000 + 1_000))[0]
    ?.getTime();
}

/** The next moment after nowMs that a cron line names; undefined for one it cannot read or that never comes. */
export function nextRunAfter(schedule: Schedule, nowMs: number): number | undefined {
  return read(schedule)?.nextRun(new Date(nowMs))?.getTime();
}

function read({ schedule, timeZone = 'Etc/UTC' }: Schedule): Cron | undefined {
  const key = `${timeZone} ${schedule}`;
  if (!readSchedules.has(key)) {
    if (readSchedules.size >= mostRead) readSchedules.clear();
    readSchedules.set(key, parse(schedule, timeZone));
  }
  return readSchedules.get(key);
}

function parse(schedule: string, timezone: string): Cron | undefined {
  try {
    // Five fields, so that none is taken for seconds.
    const cron = new Cron(schedule, { timezone, paused: true, mode: '5-part', sloppyRanges: true });
    // A time zone that there is not is found out by its first use.
    cron.nextRun();
    return cron;
  } catch {
    // A line that cannot be read never comes round; its controller says so.
    return undefined;
  }
}

/** The last time that has come since the last start and is not too long ago to be kept. */
export function dueMs(cronJob: CronJob, nowMs: number): number | undefined {
  const { startingDeadlineSeconds } = cronJob.spec;
  const sinceMs = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '');
  const earliestMs =
    startingDeadlineSeconds === undefined
      ? sinceMs
      : Math.max(sinceMs, nowMs - startingDeadlineSeconds * 1_000);
  const lastMs = lastRunBefore(cronJob.spec, nowMs);
  return lastMs === undefined || lastMs <= earliestMs ? undefined : lastMs;
}
