import { createHash } from 'node:crypto';
import type { CopyName, CopyReader, FoundCopy, LockHolder, SignedBy } from '../core/copies.ts';
import { copyTime, type Drill, isOfFuture, type Manifest } from '../core/copy.ts';
import { VigieError } from '../core/errors.ts';
import { inParallel } from '../core/in-parallel.ts';
import { parseDrill, parseManifest } from './parse-copy.ts';

/** Of what one copy stands on. */
const looksAtOnce = 8;

interface Finished {
  destination: string;
  copy: string;
  manifest: Manifest;
  /** SHA-256 of the manifest as it lies there: what a drill's report is bound to. */
  manifestSha256: string;
  /** As stored; of all its parts. */
  bytes: number;
  /** The newest report about this very manifest; it alone decides. */
  drill?: Drill;
}

/** A finished copy that nothing speaks against. */
export interface GoodCopy extends Finished {
  state: 'good';
  /** When it was proven, if it was. */
  passedAt?: string;
}

/** A finished copy whose newest drill did not pass: kept to be looked at, and counted nowhere. */
export interface FailedCopy extends Finished {
  state: 'failed';
  why: string;
}

/**
 * A whole copy that no key of ours signed, so that whoever may write there can have made it, or one of another environment.
 * It counts nowhere, nothing removes it, and it is restored only by its name.
 */
export interface StrangeCopy extends Finished {
  state: 'foreign' | 'unsigned';
  why: string;
  /** A key of ours signed it, in another environment. Absent: none did. */
  ours?: true;
}

/** What looks like a copy and is none. */
interface BadCopy {
  state: 'running' | 'incomplete' | 'damaged';
  destination: string;
  copy: string;
  why: string;
}

/** Ours or not, a copy that can be opened. */
export type WholeCopy = GoodCopy | FailedCopy | StrangeCopy;

export type KnownCopy = WholeCopy | BadCopy;

/** All that one destination has of a set, the newest first. */
export interface Shelf {
  destination: string;
  copies: readonly KnownCopy[];
  /** True: older ones lie there that are not listed. */
  cut: boolean;
  lock?: LockHolder;
}

/**
 * What lies at a destination, judged: only what has a manifest that we signed and that fits, and every part that it names,
 * counts as a copy.
 * `copy`: only that one, however old it is.
 */
export async function readShelf(reader: CopyReader, set: string, only?: { copy: string }): Promise<Shelf> {
  const { copies, cut, lock } = await reader.find(set, only);
  const demands = reader.demands ?? reader.encryption;
  const judged = copies.map(found => judge(found, { set, destination: reader.name, lock, demands }));
  return {
    destination: reader.name,
    // Of one alone nothing is known of what it stands on; whoever opens it reads that too.
    copies: only === undefined ? standing(judged, { cut }) : judged,
    cut,
    ...(lock === undefined ? {} : { lock }),
  };
}

/** The good ones of a shelf, the newest first. */
export function goodCopies(shelf: Shelf): GoodCopy[] {
  return shelf.copies.filter(each => each.state === 'good');
}

/** Ours: the good ones, and those whose drill failed; the newest first. */
export function finishedCopies(shelf: Shelf): (GoodCopy | FailedCopy)[] {
  return shelf.copies.filter(each => isFinished(each));
}

/** Those that no key of ours signed; the newest first. */
export function strangeCopies(shelf: Shelf): StrangeCopy[] {
  return shelf.copies.filter(each => isStrange(each));
}

/**
 * One whole copy with what is known of it, whoever signed it and however its drill ended: whoever opens it decides.
 * `alone`: whatever became of what it stands on. @throws VigieError NOT_FOUND, COPY_DAMAGED with why it is none
 */
export async function findCopy(
  reader: CopyReader,
  { set, copy, alone = false }: CopyName & { alone?: boolean },
): Promise<WholeCopy> {
  const { copies } = await readShelf(reader, set, { copy });
  const one = copies.find(each => each.copy === copy);
  const found = one?.state === 'good' && !alone ? await standingOne(reader, one) : one;
  if (found !== undefined && (isFinished(found) || isStrange(found))) return found;
  if (found === undefined)
    throw new VigieError('NOT_FOUND', `${reader.name} (${reader.shown}) holds no copy ${copy} of ${set}.`, {
      hint: 'vigie backups list says which there are.',
    });
  throw new VigieError(
    'COPY_DAMAGED',
    `Copy ${copy} of ${set} at ${reader.name} is ${found.state}: ${found.why}.`,
    {
      hint: 'Take another copy: vigie backups list says which there are.',
      details: { set, copy },
    },
  );
}

/** The same, judged with what it stands on, however old that is. */
async function standingOne(reader: CopyReader, copy: GoodCopy): Promise<KnownCopy> {
  const { needs = [], set } = copy.manifest;
  if (needs.length === 0) return copy;
  const shelf = await readShelf(reader, set);
  const listed = shelf.copies.find(each => each.copy === copy.copy);
  if (listed !== undefined && !shelf.cut) return listed;
  const known = new Set(shelf.copies.map(each => each.copy));
  const older = await inParallel(
    needs.filter(other => !known.has(other)),
    { atOnce: looksAtOnce, task: async other => (await readShelf(reader, set, { copy: other })).copies },
  );
  const all = [...shelf.copies, ...older.flat(), ...(listed === undefined ? [copy] : [])];
  const judged = standing(
    all.toSorted((a, b) => (a.copy < b.copy ? 1 : -1)),
    { cut: false },
  );
  return judged.find(each => each.copy === copy.copy) ?? copy;
}

interface At {
  set: string;
  destination: string;
  lock: LockHolder | undefined;
  demands: Manifest['encryption'];
}

function judge(found: FoundCopy, at: At): KnownCopy {
  const { copy } = found;
  const { destination } = at;
  const bad = (state: BadCopy['state'], why: string): BadCopy => ({ state, destination, copy, why });
  if (copyTime(copy) === undefined) return bad('damaged', 'its name is no id of a copy');
  if (isOfFuture(copy, new Date())) return bad('damaged', 'its id is of a time that has not come');
  if (found.trouble !== undefined) return bad('damaged', found.trouble);
  if (found.manifest === undefined)
    return at.lock?.copy === copy
      ? bad('running', `${at.lock.holder} is writing it since ${at.lock.since}`)
      : bad('incomplete', 'its backup did not end, it has no manifest');
  const { signedBy = { whose: 'nobody' } } = found;
  if (signedBy.whose === 'changed')
    return bad('damaged', `its manifest is not what was signed with our key ${signedBy.key}`);
  const manifest = parseManifest(found.manifest, { set: at.set, copy });
  if (typeof manifest === 'string') return bad('damaged', manifest);
  const damage = damageOf(manifest, found, at);
  if (damage !== undefined) return bad('damaged', damage);
  const manifestSha256 = createHash('sha256').update(found.manifest).digest('hex');
  const drill = newestDrill(found, { set: at.set, copy, manifestSha256 });
  const finished = {
    destination,
    copy,
    manifest,
    manifestSha256,
    bytes: manifest.parts.reduce((sum, part) => sum + (part.stored ?? part).bytes, 0),
    ...(drill === undefined ? {} : { drill }),
  };
  const strange = strangeness(signedBy);
  if (strange !== undefined) return { ...strange, ...finished };
  if (drill?.passed === false)
    return { state: 'failed', ...finished, why: `its drill of ${drill.at} FAILED` };
  return { state: 'good', ...finished, ...(drill === undefined ? {} : { passedAt: drill.at }) };
}

function strangeness(signedBy: SignedBy): Pick<StrangeCopy, 'state' | 'why' | 'ours'> | undefined {
  switch (signedBy.whose) {
    case 'ours':
      return undefined;
    case 'nobody':
      return { state: 'unsigned', why: 'nobody signed it' };
    case 'elsewhere':
      return { state: 'foreign', why: `it is of the environment ${signedBy.environment}`, ours: true };
    case 'another':
    case 'changed':
      return { state: 'foreign', why: `it is signed with another key (${signedBy.key})` };
  }
}

/** The same, where no copy is good that stands on one which is not. What was left out of the list is taken to be there. */
function standing(copies: readonly KnownCopy[], { cut }: { cut: boolean }): KnownCopy[] {
  const known = new Map(copies.map(each => [each.copy, each]));
  // The oldest first: what one needs is older than it.
  for (const each of copies.toReversed()) {
    if (each.state !== 'good') continue;
    const { destination, copy, manifest, passedAt } = each;
    const bases = (manifest.needs ?? []).map(other => ({ other, base: known.get(other) }));
    const gone = bases.find(({ base }) => (base === undefined ? !cut : !isFinished(base)));
    if (gone !== undefined) {
      const why = `it stands on ${gone.other}, which is ${gone.base?.state ?? 'not there'}`;
      known.set(copy, { state: 'damaged', destination, copy, why });
      continue;
    }
    // A drill of this copy reads what it stands on: one that passed later speaks for both.
    const failed = bases.find(
      ({ base }) =>
        base?.state === 'failed' && !(Date.parse(passedAt ?? '') > Date.parse(base.drill?.at ?? '')),
    );
    if (failed !== undefined)
      known.set(copy, { ...each, state: 'failed', why: `it stands on ${failed.other}, whose drill FAILED` });
  }
  return copies.map(each => known.get(each.copy) ?? each);
}

function isFinished(copy: KnownCopy): copy is GoodCopy | FailedCopy {
  return copy.state === 'good' || copy.state === 'failed';
}

/** Whether it is whole, and no key of ours signed it. */
export function isStrange(copy: KnownCopy): copy is StrangeCopy {
  return copy.state === 'foreign' || copy.state === 'unsigned';
}

/** What can be seen of a copy without reading its parts; undefined: nothing is wrong. */
function damageOf(manifest: Manifest, { sizes, trees }: FoundCopy, { demands }: At): string | undefined {
  // Whoever can write there could have put any copy in place of ours, but not one that only we can read.
  if (demands !== 'none' && manifest.encryption !== demands)
    return `its encryption is ${manifest.encryption}, and that of its destination ${demands}`;
  if (sizes === undefined) return undefined;
  for (const part of manifest.parts) {
    if (!sizes.has(part.name)) return `its part ${part.name} is missing`;
    const found = sizes.get(part.name);
    const { bytes } = part.stored ?? part;
    if (found !== undefined && found !== bytes)
      return `its part ${part.name} has ${found} bytes in place of ${bytes}`;
    if (part.tree !== undefined && trees?.get(part.name) !== part.sha256)
      return `its part ${part.name} is not the tree that was stored`;
  }
  return undefined;
}

function newestDrill(
  { drills }: FoundCopy,
  of: { set: string; copy: string; manifestSha256: string },
): Drill | undefined {
  return drills
    .map(text => parseDrill(text, of))
    .filter(each => each !== undefined && each.manifest === of.manifestSha256)
    .toSorted((a, b) => Date.parse(a?.at ?? '') - Date.parse(b?.at ?? ''))
    .at(-1);
}
