import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, parse, relative } from 'node:path';
import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';

// A client starts Vigie in the folder of a repository, with variables that the repository's own .mcp.json may set.
// Whoever wrote the repository must not bring the policy, the approvers and a store in which both are accepted. So
// nothing of that comes out of the folder that Vigie stands in, whichever variable leads there.

/**
 * Refuses a place that lies in the working directory, or that a variable names relative to it. Not counted as one is
 * the root folder and any that holds the account's home by the user database: nobody checks out a repository there.
 * @throws VigieError INVALID_CONFIG
 */
export function refuseWorkingFolder(place: { path: string; from: string }): void {
  const { path, from } = place;
  if (!isAbsolute(path))
    throw refusal(
      place,
      `${from} is ${path}: relative, it would lie in whatever folder Vigie is started in.`,
    );
  const here = realPathOf(process.cwd());
  if (here === parse(here).root || isWithin(here, realPathOf(accountHome()))) return;
  if (isWithin(here, realPathOf(path)))
    throw refusal(place, `${path} (by ${from}) lies in the folder that Vigie was started in, ${here}.`);
}

// Nothing can be kept in what the kernel makes up, and making a folder there never ends: Node waits for one above it.
const madeUp = ['/proc', '/sys'];

/** Refuses a folder that is to keep files where none can be kept. @throws VigieError INVALID_CONFIG */
export function refuseKernelFolder({ path, from }: { path: string; from: string }): void {
  const real = realPathOf(path);
  if (!madeUp.some(folder => isWithin(folder, real))) return;
  throw new VigieError('INVALID_CONFIG', `${path} (by ${from}) lies in a folder of the kernel's, ${real}.`, {
    hint: trusted`Name a folder on a disk.`,
    details: { file: path, why: 'a folder of the kernel' },
  });
}

function refusal({ path }: { path: string }, message: string): VigieError {
  return new VigieError('INVALID_CONFIG', message, {
    hint: trusted`A repository could bring its own policy and approvers. Name an absolute path outside of it, or start Vigie elsewhere.`,
    details: { file: path, why: 'in the working directory' },
  });
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || /^\.\.[\\/]/.test(way) || isAbsolute(way));
}

/** Through symbolic links as far as the path exists, since a link could lead back in. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPathOf(folder), basename(path));
  }
}

/** By the user database: HOME is a variable like the others. The root folder where the user is in none. */
function accountHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return parse(process.cwd()).root;
  }
}
