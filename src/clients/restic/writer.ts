import type { CopyDraft, CopyName, CopyWriter } from '../../core/copies.ts';
import { manifestName, mustBePartName } from '../../core/copy.ts';
import { isStale, locked, lockLost } from '../../core/copy-lock.ts';
import { VigieError } from '../../core/errors.ts';
import { type HeldLock, holdLock } from '../../core/held-lock.ts';
import { Measure } from '../../core/measure.ts';
import { askRestic, type Repository, shortMs } from './run.ts';
import { holderOf, listSnapshots, locksIn, tagsOf } from './snapshots.ts';
import { ResticTreeDraft } from './tree-draft.ts';

/** restic takes no byte for so long: the store behind it is away, and it goes on trying. */
const silentMs = 5 * 60_000;
/** For one part from its first byte to its last. */
const partMs = 24 * 3_600_000;
/** To rewrite what removed copies shared with others. */
const tidyMs = 2 * 3_600_000;
/** Each renewal is a snapshot; half of the time after which a lock is stale. */
const renewMs = 150_000;
/** To renew or free a lock, all programs together: less than until the next renewal. */
const lockMs = 120_000;

/** Writes copies to a restic repository: each part is a snapshot of its own, the manifest the last. */
export class ResticWriter implements CopyWriter {
  readonly #at: Repository;

  constructor(at: Repository) {
    this.#at = at;
  }

  get name(): string {
    return this.#at.name;
  }

  async begin({ set, copy, breakLock }: CopyName & { breakLock?: boolean }): Promise<CopyDraft> {
    const lock = await takeLock(this.#at, { set, copy, breakLock: breakLock === true });
    return new Draft({ at: this.#at, name: { set, copy }, lock });
  }

  async note({ set, copy, file, text }: CopyName & { file: string; text: string }): Promise<void> {
    const snapshots = await listSnapshots(this.#at, set);
    if (!snapshots.some(each => each.copy === copy && each.part === manifestName))
      throw new VigieError('NOT_FOUND', `${this.name} holds no copy ${copy} of ${set}.`);
    await store(this.#at, { file, tags: tagsOf({ set, copy }, [`part=${file}`]), bytes: once(text) });
  }

  async remove(name: CopyName): Promise<void> {
    await forgetCopy(this.#at, name);
  }

  async tidy(): Promise<void> {
    await unlockingDead(this.#at, at => askRestic(at, ['prune'], { deadlineMs: tidyMs }));
  }
}

class Draft implements CopyDraft {
  readonly trees: ResticTreeDraft;
  readonly #at: Repository;
  readonly #name: CopyName;
  readonly #lock: HeldLock;

  constructor(of: { at: Repository; name: CopyName; lock: HeldLock }) {
    this.#at = of.at;
    this.#name = of.name;
    this.#lock = of.lock;
    this.trees = new ResticTreeDraft(of.at, of.name);
  }

  async put(part: string, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; sha256: string }> {
    mustBePartName(part);
    return store(this.#at, { file: part, tags: tagsOf(this.#name, [`part=${part}`]), bytes });
  }

  async seal(manifest: string): Promise<void> {
    await this.#lock.prove();
    const tags = tagsOf(this.#name, [`part=${manifestName}`]);
    await store(this.#at, { file: manifestName, tags, bytes: once(manifest) });
    await this.#lock.release();
  }

  async leave(): Promise<void> {
    try {
      // The call may have been stopped: what it left is taken away all the same.
      await forgetCopy({ ...this.#at, signal: new AbortController().signal }, this.#name);
    } catch {
      // It stays listed as incomplete, and can be pruned.
    }
    await this.#lock.release();
  }
}

/** One snapshot of one file that comes by stdin. */
async function store(
  at: Repository,
  { file, tags, bytes }: { file: string; tags: string; bytes: AsyncIterable<Uint8Array> },
): Promise<{ bytes: number; sha256: string }> {
  const measure = new Measure();
  const stuck = new AbortController();
  let broken: { error: unknown } | undefined;
  let timer: NodeJS.Timeout | undefined;
  async function* fed(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of bytes) {
        // The source may take its time; restic may not.
        measure.add(chunk);
        timer = setTimeout(() => stuck.abort(), silentMs);
        yield chunk;
        clearTimeout(timer);
      }
    } catch (error) {
      broken = { error };
      throw error;
    }
    timer = setTimeout(() => stuck.abort(), silentMs);
  }
  try {
    const words = [
      'backup',
      '--json',
      '--quiet',
      '--host',
      'vigie',
      '--stdin',
      '--stdin-filename',
      file,
      '--tag',
      tags,
    ];
    await askRestic(at, words, {
      deadlineMs: partMs,
      stdin: fed(),
      signal: AbortSignal.any([at.signal, stuck.signal]),
    });
    return measure.facts();
  } catch (error) {
    if (broken !== undefined) throw broken.error;
    if (stuck.signal.aborted)
      throw new VigieError(
        'TIMEOUT',
        `The restic repository ${at.shown} (destination ${at.name}) took nothing for ${silentMs / 60_000} minutes.`,
        { details: { destination: at.name }, retryable: true },
      );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** The manifest first: what is left when this breaks off is no copy. */
async function forgetCopy(at: Repository, { set, copy }: CopyName): Promise<void> {
  const found = (await listSnapshots(at, set)).filter(each => each.copy === copy && each.part !== undefined);
  const manifests = found.filter(({ part }) => part === manifestName);
  for (const some of [manifests, found.filter(({ part }) => part !== manifestName)])
    if (some.length > 0)
      await forget(
        at,
        some.map(({ id }) => id),
      );
}

async function forget(at: Repository, ids: readonly string[]): Promise<void> {
  await unlockingDead(at, by =>
    askRestic(by, ['forget', '--json', '--quiet', ...ids], { deadlineMs: shortMs }),
  );
}

/**
 * restic that was killed leaves its own lock, which keeps others out until somebody takes away what the dead hold: for
 * that nobody waits, only for the living.
 */
async function unlockingDead<Result>(
  at: Repository,
  task: (at: Repository) => Promise<Result>,
): Promise<Result> {
  try {
    return await task({ ...at, heldMs: 0 });
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'CONFLICT') throw error;
    await askRestic(at, ['unlock'], { deadlineMs: shortMs });
    return task(at);
  }
}

async function takeLock(
  at: Repository,
  { set, copy, breakLock }: CopyName & { breakLock: boolean },
): Promise<HeldLock> {
  const since = new Date().toISOString();
  const others = async () => locksIn(await listSnapshots(at, set)).held.filter(each => each.copy !== copy);
  const refuseOthers = async (): Promise<void> => {
    const found = await others();
    const lock = holderOf(found);
    if (lock === undefined) return;
    const stale = isStale(lock, new Date());
    if (!stale || !breakLock) throw locked({ set }, { lock, stale, shown: at.shown });
    await forget(
      at,
      found.map(({ id }) => id),
    );
  };
  // The call may be stopped at any time: what keeps and frees the lock ends by this alone.
  const apart = (): Repository => ({ ...at, signal: AbortSignal.timeout(lockMs) });
  const write = async (by: Repository, ...more: 'free'[]): Promise<void> => {
    const tags = tagsOf({ set, copy }, ['lock', `since=${since}`, ...more]);
    await unlockingDead(by, now => store(now, { file: 'lock.json', tags, bytes: once(since) }));
  };
  const own = async (by: Repository): Promise<string[]> =>
    (await listSnapshots(by, set))
      .filter(each => each.part === undefined && each.copy === copy)
      .map(({ id }) => id);
  const remove = async (): Promise<void> => {
    const by = apart();
    const { held, freed } = locksIn(await listSnapshots(by, set));
    const ours = held.filter(each => each.copy === copy);
    if (ours.length === 0) return;
    try {
      await forget(
        by,
        [...ours, ...freed].map(({ id }) => id),
      );
    } catch (error) {
      if (!(error instanceof VigieError) || error.code !== 'CONFLICT') throw error;
      await write(by, 'free');
    }
  };
  await refuseOthers();
  try {
    await write(at);
    // Of two that came at once neither goes on: none can tell which was the first.
    await refuseOthers();
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
  return holdLock({
    everyMs: renewMs,
    prove: async () => {
      await refuseOthers();
      if ((await own(at)).length > 0) return;
      throw lockLost({ set }, at.shown);
    },
    renew: async () => {
      const by = apart();
      const old = await own(by);
      if (old.length === 0) return;
      await write(by);
      await forget(by, old);
    },
    remove,
  });
}
