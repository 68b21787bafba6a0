import { type FailedCopy, goodCopies, type Shelf, strangeCopies } from '../../../backups/catalogue.ts';
import { drillWarning } from '../../../backups/estimate.ts';
import type { OtherBackup } from '../../../backups/operator-backups.ts';
import type { BackupSet } from '../../../core/backup-set.ts';
import { trusted } from '../../../core/trusted-text.ts';

/** What was found of one set, place by place. */
export interface SetState {
  set: BackupSet;
  shelves: Shelf[];
  /** Destinations that could not be read, each with why. */
  unread: string[];
  /** What others asked the set's operator for. Absent: no operator makes its copies, or it was not asked. */
  others?: readonly OtherBackup[];
}

/** Of copies that are wrong, named in a verdict; all stand in the notes. */
const toldCopies = 3;

/** Whether a person must do something, what for, and what. What could not be read may hold what is missing. */
export function judgeSet(
  { set, shelves, unread }: SetState,
  at: { newest: string | undefined; tooOld: boolean; now: Date; environment: string },
): { verdict: 'good' | 'bad' | 'not known'; why: string[]; next?: string } {
  const { newest = '', tooOld, now, environment } = at;
  const run = trusted`vigie backups run ${set.name} -e ${environment}`;
  const unproven = drillWarning(set, { copies: shelves.flatMap(goodCopies), now });
  const newerBad = shelves
    .flatMap(({ copies }) => copies)
    .filter(({ copy }) => copy >= newest)
    .flatMap(copy => {
      if (copy.state === 'failed') return [failedText(copy)];
      return copy.state === 'damaged' ? [`${copy.copy} at ${copy.destination} is damaged`] : [];
    });
  const why = [
    ...(newest === ''
      ? [unread.length > 0 ? 'no good copy is known, as far as could be read' : 'there is no good copy']
      : []),
    ...(tooOld ? ['the newest good copy is older than its objective'] : []),
    ...newerBad.slice(0, toldCopies),
  ];
  // A backup needs all its destinations too.
  const mend = trusted`vigie doctor -e ${environment}`;
  if (why.length > 0) {
    const known = unread.length === 0 || newerBad.length > 0 || newest === '';
    const next = unread.length > 0 ? mend : (theirs(set, { shelves, newest, environment }) ?? run);
    return { verdict: known ? 'bad' : 'not known', why, next };
  }
  if (unproven === undefined) return { verdict: unread.length > 0 ? 'not known' : 'good', why };
  return {
    verdict: unread.length > 0 ? 'not known' : 'bad',
    why: [unproven],
    next: trusted`vigie backups drill ${set.name} -e ${environment}`,
  };
}

/**
 * Where none is ours and others lie there, the machine may be a new one after a disaster: what is to be backed up may be
 * empty, and the copy to look at is the newest of those.
 */
function theirs(
  set: BackupSet,
  at: { shelves: readonly Shelf[]; newest: string; environment: string },
): string | undefined {
  const strange = at.shelves.flatMap(strangeCopies).toSorted((a, b) => (a.copy < b.copy ? 1 : -1));
  const [newest] = strange;
  if (at.newest !== '' || newest === undefined) return undefined;
  return trusted`if the copies there are yours, let signing under backups in vigie.yaml lead to the key that made them; without it: vigie backups drill ${set.name} --copy ${newest.copy} -e ${at.environment}`;
}

/** That a copy counts for nothing since a drill: its own, or that of one which it stands on. */
export function failedText({ copy, destination, drill, why }: FailedCopy): string {
  return drill?.passed === false
    ? `the drill of ${copy} at ${destination} FAILED`
    : `${copy} at ${destination}: ${why}`;
}
