import type { CopyName, CopyReader, FoundCopy, LockHolder } from '../core/copies.ts';
import { copyTime, type Drill, type Manifest } from '../core/copy.ts';
import { VigieError } from '../core/errors.ts';
import { parseDrill, parseManifest } from './parse-copy.ts';

/** A finished copy with what is known of it. */
export interface GoodCopy {
  state: 'good';
  destination: string;
  copy: string;
  manifest: Manifest;
  /** As stored; of all its parts. */
  bytes: number;
  /** The newest report that can be read; whether it is proven, its `passed` says. */
  drill?: Drill;
  /** The newest drill that passed, if any did. */
  passedAt?: string;
}

/** What looks like a copy and is none. */
interface BadCopy {
  state: 'running' | 'incomplete' | 'damaged';
  destination: string;
  copy: string;
  why: string;
}

export type KnownCopy = GoodCopy | BadCopy;

/** All that one destination has of a set, the newest first. */
export interface Shelf {
  destination: string;
  copies: readonly KnownCopy[];
  /** True: older ones lie there that are not listed. */
  cut: boolean;
  lock?: LockHolder;
}

/** What lies at a destination, judged: only what has a manifest that fits counts as a copy. */
export async function readShelf(reader: CopyReader, set: string): Promise<Shelf> {
  const { copies, cut, lock } = await reader.find(set);
  return {
    destination: reader.name,
    copies: copies.map(found => judge(found, { set, destination: reader.name, lock })),
    cut,
    ...(lock === undefined ? {} : { lock }),
  };
}

/** The good ones of a shelf, the newest first. */
export function goodCopies(shelf: Shelf): GoodCopy[] {
  return shelf.copies.filter(each => each.state === 'good');
}

/** The manifest of one good copy. @throws VigieError NOT_FOUND, COPY_DAMAGED */
export async function findCopy(reader: CopyReader, { set, copy }: CopyName): Promise<Manifest> {
  const { copies } = await readShelf(reader, set);
  const found = copies.find(each => each.copy === copy);
  if (found?.state === 'good') return found.manifest;
  if (found === undefined)
    throw new VigieError('NOT_FOUND', `${reader.name} (${reader.shown}) holds no copy ${copy} of ${set}.`, {
      hint: 'vigie backups list says which there are.',
    });
  throw new VigieError(
    'COPY_DAMAGED',
    `Copy ${copy} of ${set} at ${reader.name} is not complete: ${found.why}.`,
    {
      hint: 'Take another copy: vigie backups list says which there are.',
      details: { set, copy },
    },
  );
}

function judge(
  found: FoundCopy,
  at: { set: string; destination: string; lock: LockHolder | undefined },
): KnownCopy {
  const { copy } = found;
  const of = { set: at.set, copy };
  const bad = (state: BadCopy['state'], why: string): BadCopy => ({
    state,
    destination: at.destination,
    copy,
    why,
  });
  if (copyTime(copy) === undefined) return bad('damaged', 'its name is no id of a copy');
  if (found.trouble !== undefined) return bad('damaged', found.trouble);
  if (found.manifest === undefined)
    return at.lock?.copy === copy
      ? bad('running', `${at.lock.holder} is writing it since ${at.lock.since}`)
      : bad('incomplete', 'its backup did not end, it has no manifest');
  const manifest = parseManifest(found.manifest, of);
  if (typeof manifest === 'string') return bad('damaged', manifest);
  const drills = found.drills
    .map(text => parseDrill(text, of))
    .filter(each => each !== undefined)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const drill = drills.at(-1);
  const passedAt = drills.findLast(each => each.passed)?.at;
  return {
    state: 'good',
    destination: at.destination,
    copy,
    manifest,
    bytes: manifest.parts.reduce((sum, part) => sum + (part.stored ?? part).bytes, 0),
    ...(drill === undefined ? {} : { drill }),
    ...(passedAt === undefined ? {} : { passedAt }),
  };
}
