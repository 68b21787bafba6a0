import { randomUUID } from 'node:crypto';
import { link, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { trusted } from '../core/trusted-text.ts';
import { readIfThere } from './read-if-there.ts';

const pollMs = 50;
/** A lock without content belongs to somebody who died between making and writing it. */
const emptyLockMs = 5_000;

/**
 * Takes a lock file that at most one process holds; one whose holder no longer lives is taken over.
 * Returns how to give it back. SANDBOX: others held it longer than `waitMs`.
 */
export async function takeStartLock(path: string, waitMs: number): Promise<() => Promise<void>> {
  const mark = `${process.pid} ${randomUUID()}`;
  const deadline = Date.now() + waitMs;
  while (Date.now() < deadline) {
    if (await create(path, mark)) {
      return async () => {
        if ((await readIfThere(path)) === mark) await rm(path, { force: true });
      };
    }
    await removeIfDead(path);
    await sleep(pollMs);
  }
  throw new VigieError('SANDBOX', `Another process has been starting the sandbox for ${waitMs / 1_000} s`, {
    hint: trusted`Remove ${path} if no other Vigie is starting.`,
    retryable: true,
  });
}

async function create(path: string, mark: string): Promise<boolean> {
  try {
    await writeFile(path, mark, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Two may find the same dead lock: only what was judged dead is removed, a lock taken meanwhile is put back. */
async function removeIfDead(path: string): Promise<void> {
  const judged = await readIfThere(path);
  if (judged === undefined || !(await isDead(path, judged))) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  if ((await readIfThere(aside)) !== judged) {
    await link(aside, path).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
  }
  await rm(aside, { force: true });
}

async function isDead(path: string, mark: string): Promise<boolean> {
  const pid = Number(mark.split(' ')[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    const found = await stat(path).catch(() => undefined);
    return found !== undefined && Date.now() - found.mtimeMs > emptyLockMs;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}
