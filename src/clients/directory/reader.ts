import { constants } from 'node:fs';
import { lstat, open, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { CopyName, CopyReader, Found, FoundCopy, LockHolder } from '../../core/copies.ts';
import { copyTime, documentBytes, manifestName } from '../../core/copy.ts';
import { parseLock } from '../../core/copy-lock.ts';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { type Directory, directoryError, lockName, partialEnding, setFolder } from './place.ts';

/** An hourly copy, kept for six weeks: whoever keeps more looks elsewhere. */
const mostCopies = 1_000;
/** Of one copy; the newest count. */
const mostDrills = 20;
const chunkBytes = 256 * 1024;
const drillPattern = /^drill-\d{8}T\d{6}Z\.json$/;

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

  async find(set: string): Promise<Found> {
    try {
      await lstat(this.#directory.root);
      const folder = setFolder(this.#directory, set);
      const names = await readNames(folder);
      const ids = names
        .filter(name => copyTime(idOf(name)) !== undefined)
        .sort()
        .reverse();
      const copies: FoundCopy[] = [];
      for (const name of ids.slice(0, mostCopies)) copies.push(await look(folder, name));
      const lock = names.includes(lockName) ? await readLock(folder) : undefined;
      return { copies, cut: ids.length > mostCopies, ...(lock === undefined ? {} : { lock }) };
    } catch (error) {
      throw directoryError(error, this.#directory);
    }
  }

  async *open({ set, copy, part }: CopyName & { part: string }): AsyncIterable<Uint8Array> {
    try {
      const path = join(setFolder(this.#directory, set), copy, part);
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        for (;;) {
          const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes);
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

async function look(folder: string, name: string): Promise<FoundCopy> {
  const copy = idOf(name);
  if (name.endsWith(partialEnding)) return { copy, drills: [] };
  const place = join(folder, name);
  try {
    if (!(await lstat(place)).isDirectory()) return { copy, drills: [], trouble: 'it is no folder' };
    const manifest = await readDocument(join(place, manifestName));
    if (manifest === undefined) return { copy, drills: [] };
    const reports = (await readdir(place)).filter(file => drillPattern.test(file)).sort();
    const drills: string[] = [];
    for (const report of reports.slice(-mostDrills)) {
      const text = await readDocument(join(place, report));
      if (text !== undefined) drills.push(text);
    }
    return { copy, manifest, drills };
  } catch (error) {
    // One that cannot be read must not hide the others.
    return { copy, drills: [], trouble: systemCode(error) ?? 'it cannot be read' };
  }
}

/** A small file, whole; undefined where there is none. */
async function readDocument(path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > documentBytes) throw new Error(`${path} is larger than any manifest`);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(documentBytes), 0, documentBytes, 0);
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
