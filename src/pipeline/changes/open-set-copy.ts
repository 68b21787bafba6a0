import { unsealBy } from '../../backups/age.ts';
import { type GoodCopy, goodCopies, readShelf } from '../../backups/catalogue.ts';
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

/** The good copy that a change is about. @throws VigieError NOT_FOUND when it is gone, or is no copy any more */
export async function goodCopyOf(wanted: CopyPlace, system: BackupSystem): Promise<GoodCopy> {
  const shelf = await readShelf(await system.reader(wanted.destination), wanted.set);
  const found = goodCopies(shelf).find(({ copy }) => copy === wanted.copy);
  if (found !== undefined) return found;
  throw new VigieError(
    'NOT_FOUND',
    `${wanted.destination} holds no complete copy ${wanted.copy} of ${wanted.set}.`,
    { hint: trusted`vigie backups list ${wanted.set} says which there are.` },
  );
}

/** Opens it to be read, with what decrypts it. @throws VigieError NOT_FOUND, COPY_DAMAGED, SECRET */
export async function openSetCopy(wanted: CopyPlace, system: ChangingBackups): Promise<WatchedCopy> {
  const identity = await system.identityOf(wanted.destination);
  const unseal = identity === undefined ? undefined : unsealBy(identity);
  const reader = await system.reader(wanted.destination);
  return watchCopy(await openCopy(reader, { set: wanted.set, copy: wanted.copy, unseal }));
}
