import type { Retention } from '../core/backup-set.ts';
import { copyTime } from '../core/copy.ts';
import { goodCopies, type Shelf } from './catalogue.ts';
import { judgeRetention, type Verdict } from './retention.ts';

/** What was left unfinished may still be written by somebody without a lock in sight: a slow store, an old Vigie. */
const unfinishedMs = 24 * 3_600_000;

/**
 * What lies of a set at a destination, and why each may not go; empty reasons: it may. `undo`: the rules of the set do not
 * count, but what is proven and what others need stay all the same.
 */
export function removable(
  shelf: Shelf,
  by: { rules: Retention | undefined; now: Date; because: 'retention' | 'undo' },
): Verdict[] {
  const good = goodCopies(shelf);
  const keepable = good.map(({ copy, passedAt, manifest }) => ({
    copy,
    proven: passedAt !== undefined,
    needs: manifest.needs ?? [],
  }));
  const judged =
    by.because === 'retention'
      ? judgeRetention(keepable, by)
      : keepable.map(({ copy, proven }) => ({
          copy,
          keptFor: [
            ...(proven ? ['it is proven'] : []),
            ...keepable.filter(({ needs }) => needs.includes(copy)).map(other => `${other.copy} needs it`),
          ],
        }));
  const others = shelf.copies.flatMap(found =>
    found.state === 'good' ? [] : [{ copy: found.copy, keptFor: whyLeft(found, by.now) }],
  );
  return [...judged, ...others];
}

function whyLeft({ state, copy }: Shelf['copies'][number], now: Date): string[] {
  if (state === 'running') return ['it is being written'];
  // Its bytes may still be good for somebody who looks: no rule of retention is about it.
  if (state === 'damaged') return ['it is damaged: a person must look at it'];
  const begun = copyTime(copy)?.getTime() ?? now.getTime();
  return now.getTime() - begun < unfinishedMs ? ['it was begun less than a day ago'] : [];
}
