import { type FileHandle, link, lstat, mkdir, open, realpath, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyDraft, CopyName, CopyWriter, LockHolder } from '../../core/copies.ts';
import { manifestName, mustBePartName } from '../../core/copy.ts';
import { isStale, locked, lockLost, lockTextOf, renewLockMs, staleLockMs } from '../../core/copy-lock.ts';
import { VigieError } from '../../core/errors.ts';
import { type HeldLock, holdLock } from '../../core/held-lock.ts';
import { Measure } from '../../core/measure.ts';
import { systemCode } from '../../core/system-error.ts';
import { type Directory, directoryError, lockName, partialEnding, setFolder } from './place.ts';
import { readLock } from './reader.ts';

// Copies hold whole databases: nobody else on the machine may look into them.
const folderMode = 0o700;
const fileMode = 0o600;

/** Writes copies to a folder of this machine: every part is on the disk before the folder gets its name. */
export class DirectoryWriter implements CopyWriter {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  get name(): string {
    return this.#directory.name;
  }

  async begin({ set, copy, breakLock }: CopyName & { breakLock?: boolean }): Promise<CopyDraft> {
    const directory = this.#directory;
    try {
      // By its real path: a link that is put in its place while a copy is written leads nothing elsewhere.
      const folder = setFolder({ ...directory, root: await realpath(directory.root) }, set);
      await mkdir(folder, { mode: folderMode, recursive: true });
      await mustBeFolder(folder, { set, shown: directory.root });
      const lock = await takeLock({
        folder,
        set,
        copy,
        shown: directory.root,
        breakLock: breakLock === true,
      });
      try {
        await mkdir(join(folder, copy + partialEnding), { mode: folderMode });
      } catch (error) {
        await lock.release();
        throw error;
      }
      return new Draft({ directory, folder, copy, lock });
    } catch (error) {
      throw directoryError(error, directory);
    }
  }

  async note({ set, copy, file, text }: CopyName & { file: string; text: string }): Promise<void> {
    const folder = join(setFolder(this.#directory, set), copy);
    try {
      await lstat(join(folder, manifestName));
      await writeWhole(folder, file, text);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw directoryError(error, this.#directory);
      throw new VigieError('NOT_FOUND', `${this.name} holds no copy ${copy} of ${set}.`);
    }
  }

  async remove({ set, copy }: CopyName): Promise<void> {
    const folder = setFolder(this.#directory, set);
    try {
      // Under its other name it is no copy any more, whatever happens to the rest.
      await rename(join(folder, copy), join(folder, copy + partialEnding)).catch((error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
      });
      await syncFolder(folder);
      await rm(join(folder, copy + partialEnding), { recursive: true, force: true });
    } catch (error) {
      throw directoryError(error, this.#directory);
    }
  }
}

class Draft implements CopyDraft {
  readonly #directory: Directory;
  readonly #folder: string;
  readonly #copy: string;
  readonly #lock: HeldLock;

  constructor(of: { directory: Directory; folder: string; copy: string; lock: HeldLock }) {
    this.#directory = of.directory;
    this.#folder = of.folder;
    this.#copy = of.copy;
    this.#lock = of.lock;
  }

  get #partial(): string {
    return join(this.#folder, this.#copy + partialEnding);
  }

  async put(part: string, bytes: AsyncIterable<Uint8Array>): Promise<{ bytes: number; sha256: string }> {
    mustBePartName(part);
    const file = await this.#asOurs(open(join(this.#partial, part), 'wx', fileMode));
    try {
      const measure = new Measure();
      for await (const chunk of bytes) {
        measure.add(chunk);
        await this.#asOurs(writeAll(file, chunk));
      }
      await this.#asOurs(file.sync());
      return measure.facts();
    } finally {
      await file.close();
    }
  }

  async seal(manifest: string): Promise<void> {
    await this.#asOurs(this.#seal(manifest));
  }

  async #seal(manifest: string): Promise<void> {
    await writeWhole(this.#partial, manifestName, manifest);
    await this.#lock.prove();
    await rename(this.#partial, join(this.#folder, this.#copy));
    await syncFolder(this.#folder);
    await this.#lock.release();
  }

  async leave(): Promise<void> {
    try {
      await rm(this.#partial, { recursive: true, force: true });
    } catch {
      // It stays listed as incomplete, and can be pruned.
    }
    await this.#lock.release();
  }

  /** Errors of the file system in words; those of whoever gives the bytes are left as they are. */
  async #asOurs<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw directoryError(error, this.#directory);
    }
  }
}

/** @throws VigieError DESTINATION where somebody made the folder of a set a link to another */
async function mustBeFolder(folder: string, { set, shown }: { set: string; shown: string }): Promise<void> {
  if ((await lstat(folder)).isDirectory()) return;
  throw new VigieError('DESTINATION', `The folder of ${set} at ${shown} is a link, and no folder.`, {
    hint: 'See who put it there; a link as the folder of the destination itself will do.',
    details: { set },
  });
}

async function takeLock(
  wanted: CopyName & { folder: string; shown: string; breakLock: boolean },
): Promise<HeldLock> {
  const { folder, set, copy, shown } = wanted;
  const path = join(folder, lockName);
  const textNow = lockTextOf({ copy });
  const refuse = (lock: LockHolder): VigieError =>
    locked({ set }, { lock, stale: isStale(lock, new Date()), shown });
  const fresh = `${path}.${copy}`;
  await writeWhole(folder, `${lockName}.${copy}`, textNow());
  try {
    for (;;) {
      try {
        // The whole lock appears in one step, or none does.
        await link(fresh, path);
        break;
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error;
      }
      const found = await readLock(folder);
      if (found === undefined) {
        if ((await lstat(path).catch(() => undefined)) !== undefined) throw unreadable(set, shown);
        continue;
      }
      if (!wanted.breakLock || !isStale(found, new Date())) throw refuse(found);
      if (!(await takeAway(folder))) throw refuse(found);
    }
  } finally {
    await unlink(fresh).catch(() => undefined);
  }
  const prove = async (): Promise<void> => {
    const found = await readLock(folder);
    if (found?.copy !== copy) throw found === undefined ? lockLost({ set }, shown) : refuse(found);
  };
  return holdLock({
    everyMs: renewLockMs,
    prove,
    renew: async () => {
      await prove();
      await writeWhole(folder, lockName, textNow());
    },
    remove: async () => {
      await prove();
      await unlink(path);
    },
  });
}

/**
 * Takes a stale lock away. One at a time: between the look and the deed nobody else may put theirs in its place.
 * Whoever finds another at it is refused.
 */
async function takeAway(folder: string): Promise<boolean> {
  const guard = join(folder, `${lockName}.taking`);
  try {
    await (await open(guard, 'wx', fileMode)).close();
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    const { mtimeMs } = await lstat(guard).catch(() => ({ mtimeMs: Date.now() }));
    // Left by one that was killed in these few milliseconds: the next to come gets through.
    if (Date.now() - mtimeMs > staleLockMs) await unlink(guard).catch(() => undefined);
    return false;
  }
  try {
    const found = await readLock(folder);
    if (found !== undefined && isStale(found, new Date())) await unlink(join(folder, lockName));
    return true;
  } finally {
    await unlink(guard).catch(() => undefined);
  }
}

function unreadable(set: string, shown: string): VigieError {
  return new VigieError('CONFLICT', `The lock of ${set} at ${shown} cannot be read.`, {
    hint: 'See that no other backup of it runs, and take lock.json of that set away.',
    details: { set },
  });
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at);
    at += bytesWritten;
  }
}

/** A small file that is there whole or not at all. */
async function writeWhole(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const draft = `${path}.new`;
  const file = await open(draft, 'w', fileMode);
  try {
    await writeAll(file, Buffer.from(text));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
