import type { GoodCopy } from '../../backups/catalogue.ts';
import { goodCopies, readShelf } from '../../backups/catalogue.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { BackupSystem } from '../../toolkit/backup-system.ts';

/**
 * The good copy that was named, or the newest; of the first destination that has it, or of the one that was named.
 * @throws VigieError NOT_FOUND
 */
export async function chooseCopy(
  set: BackupSet,
  system: BackupSystem,
  wanted: { copy?: string | undefined; destination?: string | undefined },
): Promise<GoodCopy> {
  const places = wanted.destination === undefined ? set.to : [wanted.destination];
  const found = (
    await Promise.all(
      places.map(async name => goodCopies(await readShelf(await system.reader(name), set.name))),
    )
  ).flat();
  const fitting = found.filter(({ copy }) => wanted.copy === undefined || copy === wanted.copy);
  // Sorting keeps the order of destinations among those of one id.
  const [newest] = fitting.toSorted((a, b) => b.copy.localeCompare(a.copy));
  if (newest !== undefined) return newest;
  const what = wanted.copy === undefined ? 'complete copy' : `complete copy ${wanted.copy}`;
  throw new VigieError('NOT_FOUND', `There is no ${what} of ${set.name} at ${places.join(', ')}.`, {
    hint: trusted`vigie backups list ${set.name} says what there is.`,
  });
}
