import { type FailedCopy, goodCopies, type Shelf } from '../../../backups/catalogue.ts';
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
  at: { newest: string | undefined; tooOld: boolean; now: Date },
): { verdict: 'good' | 'bad' | 'not known'; why: string[]; next?: string } {
  const { newest = '', tooOld, now } = at;
  const run = trusted`vigie backups run ${set.name}`;
  const unproven = drillWarning(set, { copies: shelves.flatMap(goodCopies), now });
  const newerBad = shelves
    .flatMap(({ copies }) => copies)
    .filter(({ copy }) => copy >= newest)
    .flatMap(copy => {
      if (copy.state === 'failed') return [failedText(copy)];
      return copy.state === 'damaged' ? [`${copy.copy} at ${copy.destination} is damaged`] : [];
    });
  const why = [
    ...(newest === '' ? ['there is no good copy'] : []),
    ...(tooOld ? ['the newest good copy is older than its objective'] : []),
    ...newerBad.slice(0, toldCopies),
  ];
  if (why.length > 0)
    return { verdict: unread.length > 0 && newerBad.length === 0 ? 'not known' : 'bad', why, next: run };
  if (unproven === undefined) return { verdict: unread.length > 0 ? 'not known' : 'good', why };
  return {
    verdict: unread.length > 0 ? 'not known' : 'bad',
    why: [unproven],
    next: trusted`vigie backups drill ${set.name}`,
  };
}

/** That a copy counts for nothing since a drill: its own, or that of one which it stands on. */
export function failedText({ copy, destination, drill, why }: FailedCopy): string {
  return drill?.passed === false
    ? `the drill of ${copy} at ${destination} FAILED`
    : `${copy} at ${destination}: ${why}`;
}
