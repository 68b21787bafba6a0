import { constants, type Dirent, promises as files, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { copyLimits } from '../core/copy-limits.ts';
import { VigieError } from '../core/errors.ts';
import { sizeText } from '../core/size-text.ts';
import { systemCode } from '../core/system-error.ts';
import { trusted } from '../core/trusted-text.ts';
import type { LocalEnd, LocalFile } from '../toolkit/local-end.ts';

/** The files and ports of this process. */
export const localEnd: LocalEnd = {
  absolute: path => resolve(path),

  async read(path, most: Parameters<LocalEnd['read']>[1] = copyLimits) {
    const found: LocalFile[] = [];
    let bytes = 0;
    const take = async (file: string, below: string): Promise<void> => {
      // What has become a pipe meanwhile would be waited for.
      const handle = await files.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const at = await handle.stat();
        if (!at.isFile()) throw noFile(path);
        bytes += at.size;
        if (bytes > most.bytes || found.length >= most.files) throw tooMuch(path, most);
        found.push({ path: below, mode: at.mode & 0o777, bytes: await readBytes(handle, at.size) });
      } finally {
        await handle.close();
      }
    };
    await translated(path, async () => {
      const at = await files.stat(path);
      // To open a device may already do something.
      if (!at.isDirectory() && !at.isFile()) throw noFile(path);
      if (at.isFile()) return take(path, '');
      const all = await files.readdir(path, { recursive: true, withFileTypes: true });
      for (const entry of all.filter(each => !each.isDirectory()).toSorted(byPath)) {
        const file = join(entry.parentPath, entry.name);
        const below = file.slice(resolve(path).length + 1);
        if (entry.isFile()) await take(file, below);
        else most.passedOver?.(below);
      }
    });
    return found;
  },

  async placeFor(path, name) {
    const at = await stands(path);
    if (at === undefined) return path;
    const below = join(path, name);
    const inside = at.isDirectory() ? below : path;
    if (inside === path || (await stands(below)) !== undefined) throw taken(inside);
    return inside;
  },

  async writeNew(path, wanted) {
    await translated(path, async () => {
      const single = wanted.length === 1 && wanted[0]?.path === '';
      // Nothing of it is there yet, so nothing that lies there can lead elsewhere.
      if (!single) await files.mkdir(path);
      for (const file of wanted) {
        const at = single ? path : join(path, file.path);
        if (!single) await files.mkdir(dirname(at), { recursive: true });
        await files.writeFile(at, file.bytes, { flag: 'wx', mode: file.mode & 0o777 });
      }
    });
  },

  listen(port, serve) {
    // Whoever has said all still waits for the answer.
    const server = createServer({ allowHalfOpen: true }, serve);
    return new Promise((done, reject) => {
      server.once('error', cause =>
        reject(
          new VigieError('INVALID_INPUT', `Port ${port} of this machine cannot be had: ${cause.message}`, {
            hint: 'Name another local port, or 0 for any that is free.',
            cause,
          }),
        ),
      );
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        const bound = address !== null && typeof address === 'object' ? address.port : port;
        done({ port: bound, close: () => server.close() });
      });
    });
  },
};

/** What is at a path, links followed; undefined: nothing. A link that leads nowhere stands there too. */
async function stands(path: string): Promise<Stats | undefined> {
  try {
    return await files.stat(path).catch(() => files.lstat(path));
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    return translated(path, () => Promise.reject(cause));
  }
}

/** What the file held when it was measured: one that grows has no end. */
async function readBytes(handle: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length, size - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

function byPath(one: Dirent, other: Dirent): number {
  return join(one.parentPath, one.name) < join(other.parentPath, other.name) ? -1 : 1;
}

function noFile(path: string): VigieError {
  return new VigieError('INVALID_INPUT', `${path} of this machine is neither a file nor a folder.`, {
    hint: 'Write what comes out of it to a file, and copy that: vigie k8s cp FILE POD:/PATH',
  });
}

function tooMuch(path: string, { bytes, files: count }: { bytes: number; files: number }): VigieError {
  return new VigieError(
    'INVALID_INPUT',
    `${path} is more than ${count} files or ${sizeText(bytes)}, the most that is read at once.`,
    { hint: trusted`See what is large, and name less of it at a time: du -ah ${path}` },
  );
}

function taken(path: string, cause?: unknown): VigieError {
  return new VigieError('ALREADY_EXISTS', `${path} exists on this machine, and a copy overwrites nothing.`, {
    hint: trusted`Name a path at which nothing stands, or look at what does: ls -la ${path}`,
    cause,
  });
}

async function translated<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const code = systemCode(cause);
    if (cause instanceof VigieError || code === undefined) throw cause;
    if (code === 'ENOENT')
      throw new VigieError('NOT_FOUND', `There is no ${path} on this machine.`, {
        hint: trusted`See what is there: ls -la ${dirname(path)}`,
        cause,
      });
    if (code === 'EEXIST') throw taken(path, cause);
    throw new VigieError('INVALID_INPUT', `${path} of this machine cannot be used (${code}).`, {
      hint: trusted`See what it is and who may use it: ls -ld ${path} ${dirname(path)}`,
      cause,
    });
  }
}
