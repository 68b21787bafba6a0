import type { BackupSet } from '../core/backup-set.ts';
import type { GoodCopy } from './catalogue.ts';

/** A dump grows from one to the next; with less room than this it may not fit. */
const growth = 1.2;

const dayMs = 24 * 3_600_000;

/** Whether the newest copy of about that size would fit again; undefined: nobody can tell. */
export function fits(lastBytes: number | undefined, freeBytes: number | undefined): boolean | undefined {
  if (lastBytes === undefined || freeBytes === undefined) return undefined;
  return freeBytes >= lastBytes * growth;
}

/** What is to be said of a set's drills: nothing while the last that passed is young enough. */
export function drillWarning(
  set: Pick<BackupSet, 'name' | 'drillSeconds'>,
  { copies, now }: { copies: readonly GoodCopy[]; now: Date },
): string | undefined {
  if (copies.length === 0) return undefined;
  const passed = copies
    .flatMap(({ passedAt }) => (passedAt === undefined ? [] : [Date.parse(passedAt)]))
    .toSorted((a, b) => b - a)[0];
  if (passed === undefined) return `No copy of ${set.name} was ever restored and proven.`;
  if (now.getTime() - passed <= set.drillSeconds * 1000) return undefined;
  const days = Math.floor((now.getTime() - passed) / dayMs);
  return `The last drill of ${set.name} that passed is ${days} days old; it is to be no older than ${Math.floor(set.drillSeconds / (24 * 3600))}.`;
}
