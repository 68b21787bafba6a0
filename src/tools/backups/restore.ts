import * as z from 'zod';
import { bridgedStretches } from '../../backups/bridged-stretches.ts';
import { goodCopies } from '../../backups/catalogue.ts';
import { type Stretch, stretchAt, stretchesOf } from '../../backups/point-in-time.ts';
import { readShelves } from '../../backups/shelves.ts';
import type { KubeReader } from '../../clients/kube/reader.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { BackupSystem } from '../../toolkit/backup-system.ts';
import { defineChangeTool } from '../../toolkit/tool.ts';
import { acceptance, chooseCopy } from './choose-copy.ts';
import { namedSet, setField } from './named-set.ts';

/** Of stretches that are named when a moment lies outside all of them. */
const stretchesTold = 5;

/** Restores a copy into a new place; in place of what lives only when that is said. */
export const backupsRestore = defineChangeTool({
  name: 'backups_restore',
  title: 'Restore a backup',
  description:
    'Restore a copy into a new database or folder, compare it with its manifest. overwrite keeps what is there aside.',
  input: z.strictObject({
    set: setField.describe('Its name.'),
    into: z.string().min(1).max(4096).describe('New database, or new folder (absolute).'),
    copy: z.string().max(63).optional().describe('Absent: the newest.'),
    destination: z.string().max(63).optional().describe('Where it is read from.'),
    pointInTime: z.iso.datetime({ offset: true }).optional().describe('Moment to recover to.'),
    path: z.string().min(1).max(4096).optional().describe('Of files: this one alone.'),
    overwrite: z.boolean().default(false).describe('Take the name of what is there.'),
  }),
  waits: false,

  async plan({ set: name, into, copy, destination, pointInTime, path, overwrite }, { systems, kube }) {
    const system = await systems.backups();
    const set = namedSet(name, system);
    if (copy !== undefined && pointInTime !== undefined)
      throw new VigieError(
        'INVALID_INPUT',
        'A moment is reached from the copy that holds it: name copy or pointInTime.',
      );
    // Found here, and not by restic once a person has approved it.
    if (path !== undefined && !path.startsWith('/'))
      throw new VigieError('INVALID_INPUT', 'path: it is absolute, as it was where the set was backed up.', {
        details: { issues: [{ field: 'path', message: 'must be absolute' }] },
      });
    const moment = pointInTime === undefined ? undefined : new Date(pointInTime);
    const reached =
      moment === undefined ? undefined : await stretchFor(moment, { set, system, kube, destination });
    const found = await chooseCopy(set, { system, kube }, { copy: reached?.copy ?? copy, destination });
    const drawn = newId();
    return [
      {
        kind: 'backup-restore',
        does: 'restore',
        target: { kind: 'BackupSet', name: set.name },
        destination: found.destination,
        copy: found.copy,
        ...acceptance(found),
        into,
        drawn,
        ...(moment === undefined ? {} : { pointInTime: moment.toISOString() }),
        ...(reached?.over === undefined ? {} : { over: reached.over }),
        ...(path === undefined ? {} : { only: path }),
        ...(overwrite ? { aside: `${into}_before_${drawn}` } : {}),
      },
    ];
  },
});

/** @throws VigieError INVALID_INPUT with the moments that can be reached */
async function stretchFor(
  moment: Date,
  at: { set: BackupSet; system: BackupSystem; kube: KubeReader; destination: string | undefined },
): Promise<Stretch> {
  const { set, system, kube, destination = set.to[0] ?? '' } = at;
  const shelves = await readShelves(set, { system, kube, at: [destination] });
  const manifests = shelves.flatMap(goodCopies).map(({ manifest }) => manifest);
  // One that ends at the same time and needs less stands before it.
  const stretches = [...stretchesOf(manifests, new Date()), ...bridgedStretches(manifests)].toSorted(
    (one, other) => one.to.getTime() - other.to.getTime(),
  );
  const reached = stretchAt(stretches, moment);
  if (reached !== undefined) return reached;
  const first = stretches.map(({ from }) => from.getTime()).toSorted((a, b) => a - b)[0];
  const last = stretches.at(-1)?.to.getTime();
  const reach =
    first === undefined || last === undefined
      ? `No copy of ${set.name} at ${destination} reaches any moment but its own end`
      : `Copies of ${set.name} at ${destination} reach from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`;
  throw new VigieError('INVALID_INPUT', `${reach}; ${moment.toISOString()} is outside.`, {
    details: {
      issues: [{ field: 'pointInTime', message: 'lies in none of the stretches that can be restored' }],
      stretches: stretches
        .slice(-stretchesTold)
        .map(({ from, to }) => `${from.toISOString()} to ${to.toISOString()}`),
    },
  });
}
