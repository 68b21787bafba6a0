import type { Manifest } from '../core/copy.ts';
import type { Stretch } from './point-in-time.ts';

// WAL goes on over the copies of the whole server: the first copy of it after one of those begins where the last before it
// ended. So what was written while nobody copied WAL, and while the whole server was copied, is reached from the whole copy
// before: with all WAL up to there, and with that which follows.

/**
 * The stretches between the last WAL of one whole copy and the end of the next, where the WAL that follows was copied. What
 * ends at the same time as another stretch has more to replay.
 */
export function bridgedStretches(manifests: readonly Manifest[]): Stretch[] {
  const known = new Map(manifests.map(each => [each.copy, each]));
  return manifests.flatMap(following => {
    const [baseId = '', ...between] = following.needs ?? [];
    const base = known.get(baseId);
    // Those after the first reach no moment before it that the first does not.
    if (following.source['kind'] !== 'wal' || base === undefined || between.length > 0) return [];
    const before = manifests
      .filter(each => each.copy < base.copy && endsWhere(each, base))
      .toSorted((a, b) => (a.copy < b.copy ? 1 : -1))[0];
    const from = new Date(before?.contents.at ?? '');
    const to = new Date(following.contents.at);
    if (before === undefined || !(from < to)) return [];
    return [{ copy: following.copy, from, to, over: [...(before.needs ?? []), before.copy] }];
  });
}

/** Whether the WAL of a copy ends with the segment after which that of the next copy of the whole server goes on. */
function endsWhere({ source: one }: Manifest, { source: next }: Manifest): boolean {
  return one['wal'] !== undefined && one['wal'] === next['wal'] && one['system'] === next['system'];
}
