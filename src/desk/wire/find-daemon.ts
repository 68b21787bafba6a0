import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';
import type { DeskConnection } from './connection.ts';
import {
  isSetUp,
  isShutOut,
  type SocketKind,
  socketIn,
  type TrustedSocket,
  trustedSocket,
} from './trusted-socket.ts';

/** Where a daemon's sockets lie if nobody says otherwise. */
export const defaultRunFolder = '/run/vigie';

/** A daemon that has welcomed us at one of its sockets. */
export interface FoundDaemon {
  socket: TrustedSocket;
  connection: DeskConnection;
}

/**
 * The daemon of this machine, at the first of these sockets that this account may open; undefined where there is none.
 * Whoever names files of an installation (VIGIE_CONFIG, VIGIE_HOME) means that one, and no daemon.
 * @throws VigieError DAEMON where there is one that does not answer or cannot be trusted: nobody is led elsewhere silently
 */
export async function findDaemon(
  env: NodeJS.ProcessEnv,
  wanted: { sockets: readonly SocketKind[]; version: string },
): Promise<FoundDaemon | undefined> {
  const run = runFolderOf(env);
  if (run === undefined) return undefined;
  for (const kind of wanted.sockets) {
    const socket = await trustedSocket(run, kind);
    if (socket === undefined) continue;
    // Loaded late: on most machines there is no daemon, and every command looks for one.
    const { DeskConnection } = await import('./connection.ts');
    const { version } = wanted;
    return { socket, connection: await DeskConnection.open(socket.path, { version }) };
  }
  const shut = await shutOutOf(env);
  if (shut !== undefined && names(env['VIGIE_DAEMON']))
    throw new VigieError('DAEMON', `There is ${shut.what}.`, { hint: shut.todo, details: { path: run } });
  // One that is stopped, or open to this account for something else, must not be passed by unnoticed.
  if (!names(env['VIGIE_DAEMON']) && !(await isSetUp(run))) return undefined;
  throw new VigieError('DAEMON', `There is no socket in ${run} that this account may open for this.`, {
    hint: 'Start the daemon (systemctl start vigie), or be made a member of the group that asks, or of the one that decides. To work without it, name a configuration of your own: --config FILE',
    details: { path: run },
  });
}

/** What to tell an account that a daemon's folders keep out; undefined: they do not, or no daemon is meant. */
export async function shutOutOf(
  env: NodeJS.ProcessEnv,
): Promise<{ what: string; todo: Trusted } | undefined> {
  const run = runFolderOf(env);
  if (run === undefined || !(await isShutOut(run))) return undefined;
  return {
    what: `a daemon here (${run}), and this account is in neither of its groups`,
    todo: trusted`As root: usermod -aG vigie-agent LOGIN (to ask) or vigie-approve (to decide); then log in again.`,
  };
}

/** Whether what is done to the files of this account is not done to those of a daemon that its other commands go to. */
export async function isBesideDaemon(env: NodeJS.ProcessEnv): Promise<boolean> {
  const run = runFolderOf(env);
  return run !== undefined && isSetUp(run);
}

/** Whether this account is that of a daemon: its folders for sockets are ours. */
export async function ownsDaemonFolders(env: NodeJS.ProcessEnv): Promise<boolean> {
  const named = env['VIGIE_DAEMON'];
  const run = names(named) ? resolve(named) : defaultRunFolder;
  const facts = await stat(dirname(socketIn(run, 'agent'))).catch(() => undefined);
  return facts !== undefined && facts.uid === process.getuid?.();
}

/** Undefined where no daemon is meant. */
function runFolderOf(env: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'win32' || names(env['VIGIE_CONFIG']) || names(env['VIGIE_HOME']))
    return undefined;
  const named = env['VIGIE_DAEMON'];
  return names(named) ? resolve(named) : defaultRunFolder;
}

function names(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
