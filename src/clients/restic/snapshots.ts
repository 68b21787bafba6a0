import type { CopyName, LockHolder } from '../../core/copies.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, textOf, textsIn } from '../../core/json.ts';
import { askRestic, type Repository, shortMs } from './run.ts';

// Each part of a copy is a snapshot of one file, and so is its manifest, which is made last. Tags say what it is:
// vigie, set=<set>, copy=<copy>, part=<file>; of a lock: vigie, set=<set>, copy=<copy>, lock, since=<time>. restic takes no
// snapshot away while another backup writes to the repository, for hours: a lock that ends meanwhile gets one more snapshot,
// tagged free, and the next that can takes all of them away.

/** A snapshot that Vigie made. */
export interface Snapshot {
  id: string;
  time: string;
  host: string;
  copy: string;
  /** Absent: it is a lock. */
  part?: string;
  since?: string;
  /** Of a lock: that copy holds it no more. */
  free?: true;
  /** Of the part, as restic counted it. Absent: a restic that does not tell. */
  bytes?: number;
  /** Hash of the root of what it holds. */
  tree: string;
}

export function tagsOf({ set, copy }: CopyName, more: readonly string[]): string {
  return ['vigie', `set=${set}`, `copy=${copy}`, ...more].join(',');
}

/** All of a set, the oldest first. */
export async function listSnapshots(at: Repository, set: string): Promise<Snapshot[]> {
  const text = await askRestic(at, ['snapshots', '--json', '--no-lock', '--tag', `vigie,set=${set}`], {
    deadlineMs: shortMs,
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new VigieError('BAD_RESPONSE', `restic did not answer JSON for the destination ${at.name}.`, {
      cause,
    });
  }
  const listed: unknown[] = Array.isArray(value) ? value : [];
  return listed.flatMap(each => {
    const tags = new Map(textsIn(isObject(each) ? each['tags'] : undefined).map(splitTag));
    const copy = tags.get('copy');
    const part = tags.get('part');
    const since = tags.get('since');
    const bytes = bytesOf(each);
    if (copy === undefined || (part === undefined && !tags.has('lock'))) return [];
    return [
      {
        id: textOf(each, 'id'),
        time: textOf(each, 'time'),
        host: textOf(each, 'hostname'),
        copy,
        tree: textOf(each, 'tree'),
        ...(part === undefined ? {} : { part }),
        ...(since === undefined ? {} : { since }),
        ...(tags.has('free') ? { free: true as const } : {}),
        ...(bytes === undefined ? {} : { bytes }),
      },
    ];
  });
}

/** The snapshots of locks, held and freed. */
export function locksIn(snapshots: readonly Snapshot[]): { held: Snapshot[]; freed: Snapshot[] } {
  const locks = snapshots.filter(({ part }) => part === undefined);
  const ended = new Set(locks.flatMap(({ copy, free }) => (free === true ? [copy] : [])));
  return {
    held: locks.filter(({ copy }) => !ended.has(copy)),
    freed: locks.filter(({ copy }) => ended.has(copy)),
  };
}

/** Who holds the lock of a set, by the newest of its snapshots. */
export function holderOf(snapshots: readonly Snapshot[]): LockHolder | undefined {
  const lock = locksIn(snapshots).held.at(-1);
  if (lock === undefined) return undefined;
  return {
    copy: lock.copy,
    since: lock.since ?? lock.time,
    renewedAt: new Date(lock.time).toISOString(),
    holder: lock.host,
  };
}

function bytesOf(snapshot: unknown): number | undefined {
  const summary = isObject(snapshot) ? snapshot['summary'] : undefined;
  const bytes = isObject(summary) ? summary['total_bytes_processed'] : undefined;
  return typeof bytes === 'number' ? bytes : undefined;
}

function splitTag(tag: string): [string, string] {
  const at = tag.indexOf('=');
  return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
}
