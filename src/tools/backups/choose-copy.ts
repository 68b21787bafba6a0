import {
  finishedCopies,
  isStrange,
  type Shelf,
  strangeCopies,
  type WholeCopy,
} from '../../backups/catalogue.ts';
import { readShelves } from '../../backups/shelves.ts';
import type { KubeReader } from '../../clients/kube/reader.ts';
import type { BackupSet } from '../../core/backup-set.ts';
import { VigieError } from '../../core/errors.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import type { BackupSystem } from '../../toolkit/backup-system.ts';

/**
 * The good copy that was named, or the newest; of the first destination that has it good, or of the one that was named.
 * `failedToo`: one whose drill failed rather than none. One that no key of ours signed is taken only by its name.
 * @throws VigieError NOT_FOUND, COPY_DAMAGED with why it is not taken, and where it lies good
 */
export async function chooseCopy(
  set: BackupSet,
  { system, kube }: { system: BackupSystem; kube: KubeReader },
  wanted: { copy?: string | undefined; destination?: string | undefined; failedToo?: boolean },
): Promise<WholeCopy> {
  const places = wanted.destination === undefined ? set.to : [wanted.destination];
  const only = wanted.copy === undefined ? undefined : { copy: wanted.copy };
  const shelves = await readShelves(set, { system, kube, at: places, only });
  const found = shelves.flatMap(finishedCopies);
  const good = newest(found.filter(({ state }) => state === 'good'));
  if (good !== undefined) return good;
  const failed = newest(found);
  if (failed !== undefined && wanted.failedToo === true) return failed;
  const strange = wanted.copy === undefined ? undefined : newest(shelves.flatMap(strangeCopies));
  if (strange !== undefined && failed === undefined) return strange;
  const bad = shelves
    .flatMap(({ copies }) => copies)
    .flatMap(each =>
      each.state === 'good' ? [] : [`${each.copy} at ${each.destination} is ${each.state}: ${each.why}`],
    );
  const hint = trusted`vigie backups list ${set.name} says what there is.`;
  if (bad.length === 0) {
    const what = wanted.copy === undefined ? 'complete copy' : `complete copy ${wanted.copy}`;
    throw new VigieError('NOT_FOUND', `There is no ${what} of ${set.name} at ${places.join(', ')}.`, {
      hint,
    });
  }
  const elsewhere = set.to.filter(name => !places.includes(name));
  const there = newest(
    (await readShelves(set, { system, kube, at: elsewhere, only }))
      .flatMap(finishedCopies)
      .filter(({ state }) => state === 'good'),
  );
  throw new VigieError(
    'COPY_DAMAGED',
    `There is no good copy of ${set.name} at ${places.join(', ')}: ${bad.slice(0, toldCopies).join('; ')}.`,
    {
      hint:
        there === undefined
          ? (hintOfTheirs(shelves) ?? hint)
          : trusted`Take copy ${there.copy} with destination ${there.destination}, where it is good.`,
    },
  );
}

/** Copies that no key of ours signed are all that is left after a disaster, and are taken by their names alone. */
function hintOfTheirs(shelves: readonly Shelf[]): Trusted | undefined {
  const theirs = newest(shelves.flatMap(strangeCopies));
  if (theirs === undefined) return undefined;
  return trusted`If they are yours, let signing under backups in vigie.yaml lead to the key that made them; without it name one: --copy ${theirs.copy}`;
}

/** Of those that are not taken, named in one message. */
const toldCopies = 3;

/** Sorting keeps the order of destinations among those of one id. */
function newest<Copy extends { copy: string }>(copies: readonly Copy[]): Copy | undefined {
  return copies.toSorted((a, b) => b.copy.localeCompare(a.copy))[0];
}

/** What a change must say to take a copy that no key of ours signed: that very manifest, and no other. */
export function acceptance(found: WholeCopy): { accepts?: string } {
  return isStrange(found) ? { accepts: found.manifestSha256 } : {};
}
