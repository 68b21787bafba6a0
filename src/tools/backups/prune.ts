import * as z from 'zod';
import { removable } from '../../backups/removable.ts';
import { readShelves } from '../../backups/shelves.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { namedSet, setField } from './named-set.ts';

/** Of one plan: as many as a person reads, and what is left goes with the next. */
const mostCopies = 100;

/** Removes the copies of a set that its retention does not keep. There is no way back. */
export const backupsPrune = defineChangeTool({
  name: 'backups_prune',
  title: 'Prune backups',
  description:
    'Remove copies that the set no longer keeps, and unfinished ones. Never the newest, the last proven, or one that others need.',
  input: z.strictObject({ set: setField.describe('Its name.') }),
  idempotent: true,
  waits: false,

  async plan({ set: name }, { systems, kube }) {
    const system = await systems.backups();
    const set = namedSet(name, system);
    const shelves = await readShelves(set, { system, kube });
    const by = { rules: set.retention, now: new Date(), because: 'retention' as const };
    const copies = shelves.flatMap(shelf =>
      removable(shelf, by)
        .filter(({ keptFor }) => keptFor.length === 0)
        .map(({ copy }) => ({ destination: shelf.destination, copy })),
    );
    if (copies.length === 0) return [];
    // The newest first: a copy needs older ones alone, so that what is left is whole wherever a prune ends.
    const newestFirst = copies.toSorted((a, b) => (a.copy < b.copy ? 1 : -1)).slice(0, mostCopies);
    return [
      {
        kind: 'backup-prune',
        target: { kind: 'BackupSet', name: set.name },
        because: 'retention',
        copies: newestFirst,
      },
    ];
  },
});
