import type { Retention } from '../core/backup-set.ts';
import { copyTime } from '../core/copy.ts';
import { type GoodCopy, goodCopies, isStrange, type KnownCopy, type Shelf } from './catalogue.ts';
import { judgeRetention, type Verdict } from './retention.ts';

/** What was left unfinished may still be written by somebody without a lock in sight: a slow store, an old Vigie. */
const unfinishedMs = 24 * 3_600_000;

/**
 * What lies of a set at a destination, and why each may not go; empty reasons: it may. `undo`: the rules of the set do not
 * count, but what is proven, what others need and the last good copy stay all the same.
 */
export function removable(
  shelf: Shelf,
  by: { rules: Retention | undefined; now: Date; because: 'retention' | 'undo' },
): Verdict[] {
  const good = goodCopies(shelf);
  const judged =
    by.because === 'retention'
      ? judgeRetention(
          good.map(({ copy, passedAt, bytes, manifest }) => ({
            copy,
            bytes,
            proven: passedAt !== undefined,
            needs: manifest.needs ?? [],
          })),
          by,
        )
      : good.map(({ copy, passedAt }) => ({
          copy,
          keptFor: [
            ...(passedAt === undefined ? [] : ['it is proven']),
            ...(good.length === 1 ? ['the last good copy here'] : []),
            ...neededBy(copy, good),
          ],
        }));
  const others = shelf.copies.flatMap(found =>
    found.state === 'good' ? [] : [{ copy: found.copy, keptFor: whyLeft(found, { ...by, good }) }],
  );
  return [...judged, ...others];
}

function neededBy(copy: string, good: readonly GoodCopy[]): string[] {
  return good
    .filter(({ manifest }) => manifest.needs?.includes(copy) === true)
    .map(other => `${other.copy} needs it`);
}

function whyLeft(
  found: KnownCopy,
  { now, because, good }: { now: Date; because: 'retention' | 'undo'; good: readonly GoodCopy[] },
): string[] {
  const { state, copy } = found;
  // It may be all that is left of a machine that is gone.
  if (isStrange(found)) return [`${found.why}: a person must look at it`];
  if (state === 'running') return ['it is being written'];
  // Its bytes may still be good for somebody who looks: no rule of retention is about it.
  if (state === 'damaged') return ['it is damaged: a person must look at it'];
  if (state === 'failed') {
    const replaced = good.some(other => other.copy > copy && other.passedAt !== undefined);
    return [
      ...neededBy(copy, good),
      ...(replaced || because === 'undo' ? [] : ['its drill failed, and no newer copy is proven']),
    ];
  }
  const begun = copyTime(copy)?.getTime() ?? now.getTime();
  return now.getTime() - begun < unfinishedMs ? ['it was begun less than a day ago'] : [];
}
