import * as z from 'zod';
import { readShelf } from '../../backups/catalogue.ts';
import { newCopyId } from '../../core/copy.ts';
import { isStale } from '../../core/copy-lock.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { namedSet, setField } from './named-set.ts';

/** Makes one copy of a set, at each of its destinations. Undo takes that copy away. */
export const backupsRun = defineChangeTool({
  name: 'backups_run',
  title: 'Run a backup',
  description: 'Back a configured set up now: dump, store, read back. Then drill it.',
  input: z.strictObject({ set: setField.describe('Its name.') }),
  destructive: false,
  waits: false,

  async plan({ set: name }, { systems, now }) {
    const system = await systems.backups();
    const set = namedSet(name, system);
    const shelves = await Promise.all(
      set.to.map(async destination => readShelf(await system.reader(destination), set.name)),
    );
    const stale = shelves.some(({ lock }) => lock !== undefined && isStale(lock, new Date()));
    return [
      {
        kind: 'backup-run',
        target: { kind: 'BackupSet', name: set.name },
        copy: newCopyId(now),
        ...(stale ? { breakLock: true as const } : {}),
      },
    ];
  },
});
