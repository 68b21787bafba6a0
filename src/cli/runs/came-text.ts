import type { TickedSchedule } from '../../engine/triggers/schedules.ts';

/** What came of a trigger, in words. */
export function cameText(came: TickedSchedule['came']): string {
  switch (came.is) {
    case 'started':
      return `run ${came.run}`;
    case 'late':
      return 'not run: it was past when a worker came';
    case 'refused':
      return `not run: ${came.why} (${came.rule})`;
    case 'skipped':
      return 'not run: another run of it has not ended';
    case 'cooling':
      return `not run: cooling until ${new Date(came.until).toISOString()}`;
    case 'exists':
      return `not run again: it has the run ${came.run}`;
    case 'over':
      return 'not run: it was over';
    case 'held':
      return 'held: too many were started (vigie triggers)';
  }
}
