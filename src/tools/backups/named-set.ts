import * as z from 'zod';
import type { BackupSet } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { nearestNames } from '../../core/nearest.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { BackupSystem } from '../../toolkit/backup-system.ts';

/** A set of backups by its name in vigie.yaml. */
export const setField = z.string().min(1).max(63);

/** @throws VigieError NOT_FOUND; details: nearest */
export function namedSet(name: string, { sets }: BackupSystem): BackupSet {
  const found = sets.get(name);
  if (found !== undefined) return found;
  const nearest = nearestNames(name, [...sets.keys()]);
  throw new VigieError('NOT_FOUND', `There is no set of backups named ${name}.`, {
    hint: nearest.length > 0 ? trusted`Did you mean ${nearest}?` : trusted`Sets are ${[...sets.keys()]}.`,
    details: { nearest },
  });
}
