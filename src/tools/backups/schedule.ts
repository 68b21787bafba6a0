import * as z from 'zod';
import { deedPattern, readDeeds, type Schedule } from '../../core/backup-schedule.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { namedSet, setField } from './named-set.ts';

/** Sets when a set is backed up by itself. A person always approves it, and with it every run until it changes. */
export const backupsSchedule = defineChangeTool({
  name: 'backups_schedule',
  title: 'Schedule backups',
  description:
    "Set when a set is backed up by itself, or remove that. Absent fields: vigie.yaml's schedule of the set. Approved once for all runs.",
  input: z.strictObject({
    set: setField.describe('Its name.'),
    cron: z.string().max(100).optional().describe('Five fields.'),
    timeZone: z.string().max(64).optional().describe('Like Europe/Paris.'),
    does: z
      .array(z.string().regex(deedPattern))
      .max(3)
      .optional()
      .describe('run, prune, drill, drill/7 (each 7th run).'),
    remove: z.boolean().default(false).describe('It ends.'),
  }),
  idempotent: true,
  waits: false,

  async plan({ set: name, cron, timeZone, does, remove }, { systems }) {
    const system = await systems.backups();
    const target = { kind: 'BackupSchedule', name };
    if (remove) {
      // One whose set vigie.yaml names no more can be removed too.
      const standing = await (await systems.schedules()).list();
      if (!standing.some(each => each.name === name)) namedSet(name, system);
      return [{ kind: 'backup-schedule', target }];
    }
    const schedule = await scheduleOf(namedSet(name, system), { cron, timeZone, does });
    return [{ kind: 'backup-schedule', target, schedule }];
  },
});

/** What was said, and for the rest what vigie.yaml wishes. @throws VigieError INVALID_INPUT */
async function scheduleOf(
  { name, schedule: wish }: BackupSet,
  said: { cron: string | undefined; timeZone: string | undefined; does: readonly string[] | undefined },
): Promise<Schedule> {
  const cron = said.cron ?? wish?.cron;
  const timeZone = said.timeZone ?? wish?.timeZone;
  if (cron === undefined)
    throw refused(name, { field: 'cron', message: 'when it is backed up, like 0 3 * * *' });
  if (timeZone === undefined)
    throw refused(name, { field: 'timeZone', message: 'whose clock that is, like Europe/Paris' });
  const deeds = readDeeds(said.does ?? wish?.does ?? ['run']);
  if (deeds === undefined) throw refused(name, { field: 'does', message: 'names drill twice' });
  const schedule = { cron: cron.trim().replaceAll(/\s+/g, ' '), timeZone, does: deeds };
  // Loaded with its first use: every command loads the list of tools.
  const { faultOfRhythm, faultyField } = await import('../../core/schedule-times.ts');
  const fault = faultOfRhythm(schedule);
  if (fault !== undefined) throw refused(name, { field: faultyField(schedule), message: fault });
  return schedule;
}

function refused(name: string, issue: { field: string; message: string }): VigieError {
  return new VigieError(
    'INVALID_INPUT',
    `${name} cannot be scheduled so: ${issue.field}: ${issue.message}.`,
    {
      hint: trusted`Name cron and timeZone (--cron '0 3 * * *' --time-zone Europe/Paris), or let them stand in vigie.yaml, under backups.sets.${name}.schedule`,
      details: { issues: [issue] },
    },
  );
}
