import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

// Loaded before the version of Node is known: nothing newer than Node 20 in here.

const writableByOthers = 0o022;
const sticky = 0o1000;

/**
 * Where V8's compiled code is kept between starts: a folder that nobody but this account can have put anything in.
 * undefined where there is none, and then nothing is kept. Never Node's own choice in the shared /tmp: Node does not look
 * whose that folder is, and runs the code in it, so that another user of this machine who made it first would be us.
 */
export function codeCacheFolder(env: NodeJS.ProcessEnv): string | undefined {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  const named = env['XDG_CACHE_HOME'] ?? '';
  try {
    const around = isAbsolute(named) ? named : join(homedir(), '.cache');
    const folder = join(around, 'vigie');
    // One by one: in a folder of the kernel's, Node makes several at once without end.
    for (const path of [around, folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    const real = realpathSync(folder);
    return isKeptFromOthers(real, uid) ? real : undefined;
  } catch {
    return undefined;
  }
}

/** Whether only root and this account can put something there, or something else in the place of a folder on the way. */
function isKeptFromOthers(folder: string, uid: number): boolean {
  const facts = lstatSync(folder);
  if (facts.uid !== uid || (facts.mode & writableByOthers) !== 0) return false;
  for (let above = dirname(folder); ; above = dirname(above)) {
    const { uid: owner, mode } = lstatSync(above);
    if (owner !== uid && owner !== 0) return false;
    // In a sticky folder nobody can move what is ours.
    if ((mode & writableByOthers) !== 0 && (mode & sticky) === 0) return false;
    if (above === dirname(above)) return true;
  }
}
