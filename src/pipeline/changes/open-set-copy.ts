import { unsealBy } from '../../backups/age.ts';
import { type FailedCopy, findFinished, type GoodCopy } from '../../backups/catalogue.ts';
import { openCopy } from '../../backups/open-copy.ts';
import { type WatchedCopy, watchCopy } from '../../backups/watched-copy.ts';
import { VigieError } from '../../core/errors.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { BackupSystem, ChangingBackups } from '../../toolkit/backup-system.ts';

interface CopyPlace {
  set: string;
  destination: string;
  copy: string;
}

/**
 * The finished copy that a drill is about, also one whose last drill failed.
 * @throws VigieError NOT_FOUND when it is gone, COPY_DAMAGED when it is no copy any more
 */
export async function finishedCopyOf(
  { set, destination, copy }: CopyPlace,
  system: BackupSystem,
): Promise<GoodCopy | FailedCopy> {
  return findFinished(await system.reader(destination), { set, copy });
}

/** The good copy that is to be restored. @throws VigieError as finishedCopyOf, and COPY_DAMAGED when its drill failed */
export async function goodCopyOf(wanted: CopyPlace, system: BackupSystem): Promise<GoodCopy> {
  const found = await finishedCopyOf(wanted, system);
  if (found.state === 'good') return found;
  throw new VigieError(
    'COPY_DAMAGED',
    `Copy ${wanted.copy} of ${wanted.set} at ${wanted.destination} is not restored: ${found.why}.`,
    { hint: trusted`vigie backups list ${wanted.set} says which copies are good, and where.` },
  );
}

/** Opens it to be read, with what decrypts it. @throws VigieError NOT_FOUND, COPY_DAMAGED, SECRET */
export async function openSetCopy(wanted: CopyPlace, system: ChangingBackups): Promise<WatchedCopy> {
  const identity = await system.identityOf(wanted.destination);
  const unseal = identity === undefined ? undefined : unsealBy(identity);
  const reader = await system.reader(wanted.destination);
  return watchCopy(await openCopy(reader, { set: wanted.set, copy: wanted.copy, unseal }));
}
