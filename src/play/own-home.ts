import { rmSync } from 'node:fs';
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '../core/digest.ts';
import { systemCode } from '../core/system-error.ts';

// The home of one play lies among the temporary files of the system. It goes with the end of the play, with Ctrl-C too; that
// of a process which was killed goes when the next play begins.

/** A file may still be written while its folder goes. */
const removals = 5;
/** Machines that share a folder and a name may have other numbers of processes: a young home is let be. */
const leftMs = 10 * 60_000;

const made = new Set<string>();
process.on('exit', () => {
  for (const home of made) rmSync(home, { recursive: true, force: true });
});

/** An empty home that only this user may enter. Throws as mkdtemp. */
export async function makeOwnHome(): Promise<{ path: string; remove(): Promise<void> }> {
  await sweep();
  const path = await mkdtemp(join(tmpdir(), `${prefix()}${process.pid}-`));
  made.add(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: removals });
      made.delete(path);
    },
  };
}

/** Takes away those that a process of this machine and user left behind. Never throws. */
async function sweep(): Promise<void> {
  const mine = prefix();
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = name.startsWith(mine) ? /^(\d{1,9})-\w{6}$/.exec(name.slice(mine.length))?.[1] : undefined;
    if (pid === undefined || lives(Number(pid))) continue;
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => undefined);
    const isOurs = found?.isDirectory() === true && found.uid === process.getuid?.();
    if (isOurs && Date.now() - found.mtimeMs > leftMs)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function prefix(): string {
  return `vigie-play-${sha256Hex(hostname()).slice(0, 8)}-`;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
