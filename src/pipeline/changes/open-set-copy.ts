import { unsealBy } from '../../backups/age.ts';
import { findCopy, isStrange, type WholeCopy } from '../../backups/catalogue.ts';
import { openCopy } from '../../backups/open-copy.ts';
import { type WatchedCopy, watchCopy } from '../../backups/watched-copy.ts';
import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { trusted } from '../../core/trusted-text.ts';
import type { BackupSystem, ChangingBackups } from '../../toolkit/backup-system.ts';

/** A copy as a change names it. */
interface WantedCopy {
  set: string;
  destination: string;
  copy: string;
  /** SHA-256 of the manifest that a person was shown though no key of ours signed it. Absent: only ours is taken. */
  accepts: string | undefined;
}

/**
 * The whole copy that a drill is about, also one whose last drill failed.
 * @throws VigieError NOT_FOUND when it is gone, COPY_DAMAGED when it is no copy any more, or not ours and not accepted
 */
export async function wholeCopyOf(wanted: WantedCopy, system: BackupSystem): Promise<WholeCopy> {
  const { set, copy } = wanted;
  const found = await findCopy(await system.reader(wanted.destination), { set, copy });
  refuseStrange(wanted, found);
  return found;
}

/** The copy that is to be restored. @throws VigieError as wholeCopyOf, and COPY_DAMAGED when its drill failed */
export async function restorableCopyOf(wanted: WantedCopy, system: BackupSystem): Promise<WholeCopy> {
  const found = await wholeCopyOf(wanted, system);
  if (found.state !== 'failed' && found.drill?.passed !== false) return found;
  throw new VigieError(
    'COPY_DAMAGED',
    `Copy ${wanted.copy} of ${wanted.set} at ${wanted.destination} is not restored: ${found.state === 'failed' ? found.why : 'its drill FAILED'}.`,
    { hint: trusted`vigie backups list ${wanted.set} says which copies are good, and where.` },
  );
}

/** Opens it to be read, with what decrypts it. @throws VigieError as wholeCopyOf, and SECRET */
export async function openSetCopy(
  wanted: WantedCopy,
  system: ChangingBackups,
): Promise<WatchedCopy & { found: WholeCopy }> {
  const { set, copy, destination } = wanted;
  const identity = await system.identityOf(destination);
  const unseal = identity === undefined ? undefined : unsealBy(identity);
  const opened = await openCopy(await system.reader(destination), { set, copy, unseal });
  // What is read now, and not what was looked at before.
  refuseStrange(wanted, opened.found);
  return { ...watchCopy(opened), found: opened.found };
}

/** Of what a manifest says of its source. */
const shownChars = 300;

/** What a person must know of a copy that no key of ours signed, or of another environment; nothing for one of ours. */
export function strangeWarnings(found: WholeCopy): string[] {
  if (!isStrange(found)) return [];
  const source = cleanLine(
    Object.entries(found.manifest.source)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    shownChars,
  );
  if (found.ours === true) return [`NOT OF THIS ENVIRONMENT: ${found.why}, and was made from ${source}.`];
  return [
    `NOT OURS: ${found.why}, so whoever may write at ${found.destination} can have made this copy, and all that is told of it here. Restore it only if you know where it comes from.`,
  ];
}

function refuseStrange({ set, copy, destination, accepts }: WantedCopy, found: WholeCopy): void {
  if (!isStrange(found) || found.manifestSha256 === accepts) return;
  throw new VigieError(
    'COPY_DAMAGED',
    `Copy ${copy} of ${set} at ${destination} is not taken: ${found.why}.`,
    {
      hint: trusted`Ask anew, with the name of the copy: vigie backups list ${set} says whose each is.`,
      details: { set, copy },
    },
  );
}
