import { chmod, mkdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { refuseKernelFolder, refuseWorkingFolder } from './working-folder.ts';

/** Where this installation keeps its data. */
export interface Home {
  dir: string;
  storeFile: string;
  keyFile: string;
  /** Where the approvers stand while there is no vigie.yaml. */
  configDir: string;
  /** Address and token of the shared sandbox server. */
  sandboxDir: string;
  /** Who may call over HTTP. */
  tokensFile: string;
}

/** VIGIE_HOME, else `vigie` in the data folder of the XDG rules. Nothing is created. @throws VigieError INVALID_CONFIG in the working directory */
export function homeOf(env: NodeJS.ProcessEnv): Home {
  const named = env['VIGIE_HOME'];
  if (named !== undefined && named !== '') {
    refuseWorkingFolder({ path: named, from: 'VIGIE_HOME' });
    refuseKernelFolder({ path: named, from: 'VIGIE_HOME' });
    return homeAt(resolve(named));
  }
  return homeAt(xdgFolder(env, { variable: 'XDG_DATA_HOME', fallback: ['.local', 'share'] }));
}

/** The folder of vigie.yaml by the XDG rules. @throws VigieError INVALID_CONFIG in the working directory */
export function configFolderOf(env: NodeJS.ProcessEnv): string {
  return xdgFolder(env, { variable: 'XDG_CONFIG_HOME', fallback: ['.config'] });
}

/** Where things lie in a home of that folder. */
export function homeAt(dir: string): Home {
  return {
    dir,
    storeFile: join(dir, 'vigie.db'),
    keyFile: join(dir, 'keys', 'installation.key'),
    configDir: join(dir, 'config'),
    sandboxDir: join(dir, 'sandbox'),
    tokensFile: join(dir, 'tokens.yaml'),
  };
}

/** Makes the home with its folders, for this user alone. @throws VigieError STORE */
export async function prepareHome(home: Home): Promise<void> {
  try {
    for (const dir of [home.dir, join(home.dir, 'keys'), home.configDir, home.sandboxDir]) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
    }
    const { uid, mode } = await stat(home.dir);
    const ours = process.getuid?.();
    if (ours !== undefined && uid !== ours)
      throw unusable(home, { why: `it belongs to another user (uid ${uid})` });
    if ((mode & 0o077) !== 0) await chmod(home.dir, 0o700);
  } catch (error) {
    if (error instanceof VigieError) throw error;
    const code = systemCode(error) ?? 'unknown';
    throw unusable(home, { why: `it cannot be made (${code})`, cause: error });
  }
}

function unusable(home: Home, { why, cause }: { why: string; cause?: unknown }): VigieError {
  return new VigieError('STORE', `The folder ${home.dir} cannot be used: ${why}.`, {
    hint: 'Set VIGIE_HOME to a folder of your own.',
    details: { file: home.dir },
    cause,
  });
}

/** Our folder there. A relative path in an XDG variable is to be ignored, by their own rule. */
function xdgFolder(env: NodeJS.ProcessEnv, place: { variable: string; fallback: readonly string[] }): string {
  const named = env[place.variable];
  const byVariable = named?.startsWith('/') === true;
  const path = join(byVariable ? named : join(userHome(env), ...place.fallback), 'vigie');
  const from = byVariable ? place.variable : 'HOME';
  refuseWorkingFolder({ path, from });
  refuseKernelFolder({ path, from });
  return path;
}

/** HOME where it is an absolute path, else what the account database says. */
export function userHome(env: NodeJS.ProcessEnv): string {
  const named = env['HOME'];
  return named?.startsWith('/') === true ? named : homedir();
}
