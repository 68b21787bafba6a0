import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../core/system-error.ts';

// Some programs look for settings, or for code, where they are started. So none starts in a folder that others may write
// to, as the temporary one, nor where whoever called Vigie stands.

/** Machines may share a temporary folder, where a number of a process says nothing: a young one is let be. */
const leftMs = 24 * 3_600_000;

const made = new Set<string>();
process.on('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});
let swept = false;

/** An empty folder that only this user may enter, for one program. What was left in it goes with it. Throws as mkdtemp. */
export async function makeOwnFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `vigie-run-${process.pid}-`));
  made.add(path);
  if (!swept) {
    swept = true;
    void sweep(tmpdir());
  }
  return {
    path,
    async remove() {
      // Of a program that has ended nothing is wanted any more: what cannot be taken away changes no outcome.
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
      made.delete(path);
    },
  };
}

/** Takes away the empty ones that a Vigie which was killed left behind. Never throws. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const pid = /^vigie-run-(\d{1,9})-\w{6}$/.exec(name)?.[1];
    if (pid === undefined || lives(Number(pid))) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > leftMs) await rmdir(path).catch(() => undefined);
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
