import { constants } from 'node:fs';
import { lstat, open, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyName, CopyReader, Found, FoundCopy, LockHolder } from '../../core/copies.ts';
import { copyTime, documentBytes, isOfFuture, isPartName, manifestName } from '../../core/copy.ts';
import { parseLock } from '../../core/copy-lock.ts';
import { newestReports } from '../../core/drill-reports.ts';
import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import { systemCode } from '../../core/system-error.ts';
import { type Directory, directoryError, lockName, partialEnding, setFolder } from './place.ts';

/** An hourly copy, kept for six weeks: whoever keeps more looks elsewhere. */
const mostCopies = 1_000;
/** Unfinished ones, and those of a time to come: apart, so that no such folder hides a good copy. */
const mostOdd = 100;
/** Of one copy: the newest that counts decides. */
const mostDrills = 3;
const looksAtOnce = 16;
const chunkBytes = 256 * 1024;

/** Reads copies from a folder of this machine. */
export class DirectoryReader implements CopyReader {
  readonly encryption = 'none';
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  get name(): string {
    return this.#directory.name;
  }

  get shown(): string {
    return this.#directory.root;
  }

  get demands(): 'age' | 'none' {
    return this.#directory.demands ?? 'none';
  }

  async find(set: string, only: Parameters<CopyReader['find']>[1] = {}): Promise<Found> {
    try {
      await lstat(this.#directory.root);
      const folder = setFolder(this.#directory, set);
      const names = await readNames(folder);
      const ids = names
        .filter(name => copyTime(idOf(name)) !== undefined)
        .filter(name => only.copy === undefined || idOf(name) === only.copy)
        .sort()
        .reverse();
      const now = new Date();
      const isOdd = (name: string): boolean => name.endsWith(partialEnding) || isOfFuture(name, now);
      const usual = ids.filter(name => !isOdd(name));
      const odd = ids.filter(isOdd);
      const copies = await inParallel([...odd.slice(0, mostOdd), ...usual.slice(0, mostCopies)], {
        atOnce: looksAtOnce,
        task: name => look(join(folder, name), { name, counts: only.counts }),
      });
      const lock = names.includes(lockName) ? await readLock(folder) : undefined;
      return {
        copies: copies.toSorted((a, b) => (a.copy < b.copy ? 1 : a.copy > b.copy ? -1 : 0)),
        cut: usual.length > mostCopies || odd.length > mostOdd,
        ...(lock === undefined ? {} : { lock }),
      };
    } catch (error) {
      throw directoryError(error, this.#directory);
    }
  }

  async *open({ set, copy, part }: CopyName & { part: string }): AsyncIterable<Uint8Array> {
    try {
      const path = join(setFolder(this.#directory, set), copy, part);
      // Without O_NONBLOCK whoever puts a pipe in place of a part holds its reader for good.
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        if (!(await file.stat()).isFile())
          throw new VigieError(
            'COPY_DAMAGED',
            `Part ${part} of copy ${copy} of ${set} at ${this.name} is no file.`,
            {
              hint: 'Take another copy: vigie backups list says which there are.',
              details: { set, copy, part },
            },
          );
        for (;;) {
          const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes);
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw directoryError(error, this.#directory);
      throw new VigieError('NOT_FOUND', `${this.name} holds no part ${part} of copy ${copy} of ${set}.`);
    }
  }

  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.#directory.root);
      return bavail * bsize;
    } catch (error) {
      throw directoryError(error, this.#directory);
    }
  }
}

function idOf(name: string): string {
  return name.endsWith(partialEnding) ? name.slice(0, -partialEnding.length) : name;
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function look(
  place: string,
  { name, counts }: Pick<Parameters<typeof newestReports>[1], 'counts'> & { name: string },
): Promise<FoundCopy> {
  const copy = idOf(name);
  if (name.endsWith(partialEnding)) return { copy, drills: [] };
  try {
    if (!(await lstat(place)).isDirectory()) return { copy, drills: [], trouble: 'it is no folder' };
    const manifest = await readDocument(join(place, manifestName));
    if (manifest === undefined) return { copy, drills: [] };
    const files = await readdir(place);
    const listed = files.map(file => ({ file, read: () => readReport(join(place, file)) }));
    const drills = await newestReports(listed, { copy, most: mostDrills, counts });
    return { copy, manifest, drills, sizes: await sizesOf(place, files) };
  } catch (error) {
    // One that cannot be read must not hide the others.
    return { copy, drills: [], trouble: systemCode(error) ?? 'it cannot be read' };
  }
}

/** What is no file has no size that fits a part. */
async function sizesOf(place: string, files: readonly string[]): Promise<Map<string, number>> {
  const parts = files.filter(isPartName);
  const sizes = await inParallel(parts, {
    atOnce: looksAtOnce,
    task: async file => {
      const found = await lstat(join(place, file));
      return found.isFile() ? found.size : -1;
    },
  });
  return new Map(parts.map((file, index) => [file, sizes[index] ?? -1]));
}

/** What is no file is no report, and hides none. */
async function readReport(path: string): Promise<string | undefined> {
  return (await lstat(path)).isFile() ? readDocument(path) : undefined;
}

/** A small file; undefined where there is none. Of one that is larger than any manifest its beginning: nothing fits that. */
async function readDocument(path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error(`${path} is no file`);
    const size = Math.min(found.size, documentBytes);
    if (size === 0) return '';
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(size), 0, size, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Who holds the lock; undefined when it was let go meanwhile, or is none. */
export async function readLock(folder: string): Promise<LockHolder | undefined> {
  const text = await readDocument(join(folder, lockName));
  return text === undefined ? undefined : parseLock(text);
}
