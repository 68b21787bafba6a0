import * as z from 'zod';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { acceptance, chooseCopy } from './choose-copy.ts';
import { namedSet, setField } from './named-set.ts';

/** Restores a copy into a scratch place to prove it, and keeps the report beside the copy. */
export const backupsDrill = defineChangeTool({
  name: 'backups_drill',
  title: 'Drill a backup',
  description:
    'Prove a copy: restore it into a scratch place, compare it with the source as it was, measure the time, clean up.',
  input: z.strictObject({
    set: setField.describe('Its name.'),
    copy: z.string().max(63).optional().describe('Absent: the newest.'),
    destination: z.string().max(63).optional().describe('Where it is read from.'),
  }),
  destructive: false,
  waits: false,

  async plan({ set: name, copy, destination }, { systems, kube, now }) {
    const system = await systems.backups();
    const set = namedSet(name, system);
    const found = await chooseCopy(set, { system, kube }, { copy, destination, failedToo: true });
    return [
      {
        kind: 'backup-drill',
        target: { kind: 'BackupSet', name: set.name },
        destination: found.destination,
        copy: found.copy,
        ...acceptance(found),
        askedAt: now.toISOString(),
      },
    ];
  },
});
