import * as z from 'zod';
import { deedPattern, readDeeds, type Schedule } from '../../core/backup-schedule.ts';
import { faultOfRhythm } from '../../core/schedule-times.ts';
import type { Aliases } from './reference.ts';

/** What the owner of a set wishes; `vigie backups schedule SET` has it approved. */
export const scheduleSection = z.strictObject({
  cron: z.string().max(100),
  timeZone: z.string().max(64),
  does: z
    .array(z.string().regex(deedPattern, 'must be run, prune, drill or drill/7'))
    .max(3)
    .default(['run']),
});

export function readSchedule(
  { cron, timeZone, does }: z.output<typeof scheduleSection>,
  { fail, path }: Aliases & { path: readonly PropertyKey[] },
): Schedule {
  const deeds = readDeeds(does) ?? fail([...path, 'schedule', 'does'], 'names drill twice');
  const schedule = { cron: cron.trim().replaceAll(/\s+/g, ' '), timeZone, does: deeds };
  const fault = faultOfRhythm(schedule);
  return fault === undefined ? schedule : fail([...path, 'schedule'], fault);
}
