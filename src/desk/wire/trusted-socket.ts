import { constants, type Stats } from 'node:fs';
import { access, lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { type Trusted, trusted } from '../../core/trusted-text.ts';

// Nobody may put a false daemon in the way of `vigie approve`: it would show one change and have another one signed. The
// environment says where to look, and whoever sets that could as well set PATH; but a socket is called only if
// - its folder, the run folder around it and the socket itself are of one account, or of root, and nobody else may write
//   in either folder, so that this account alone can have put the socket there; and
// - that account is ours, or root's, or one to which root alone can have given the run folder: every folder above it
//   is root's and nobody else may write there. /run is such a place, /tmp is none.
// `vigie approve` says which account it is.

const writableByOthers = 0o022;

/** Which sockets there are, by who they are for. */
export type SocketKind = 'agent' | 'approver';

const places = {
  agent: { folder: 'agent', file: 'agent.sock' },
  approver: { folder: 'approve', file: 'approve.sock' },
} as const;

/** Where a daemon's socket lies in its run folder. */
export function socketIn(run: string, kind: SocketKind): string {
  const { folder, file } = places[kind];
  return join(run, folder, file);
}

/** A socket that may be called. */
export interface TrustedSocket {
  path: string;
  kind: SocketKind;
  /** The account that made it. */
  ownerUid: number;
}

/**
 * The socket of that kind; undefined where there is none, or none that this account may see.
 * @throws VigieError DAEMON for one that somebody else may have put there
 */
export async function trustedSocket(run: string, kind: SocketKind): Promise<TrustedSocket | undefined> {
  const real = await realpath(run).catch(unlessThere);
  if (real === undefined) return undefined;
  const path = socketIn(real, kind);
  const socket = await lstat(path).catch(unlessThere);
  if (socket === undefined) return undefined;
  if (!socket.isSocket()) throw untrusted(path, 'it is no socket');
  for (const folder of [dirname(path), real])
    refuseFolder(await lstat(folder), { folder, owner: socket.uid });
  if (socket.uid !== 0 && socket.uid !== process.getuid?.()) await refuseUnlessGiven(real);
  return { path, kind, ownerUid: socket.uid };
}

/** Whether a folder for sockets stands there that this account may enter: then there is a daemon for it, if not now. */
export async function isSetUp(run: string): Promise<boolean> {
  const entered = (['agent', 'approver'] as const).map(kind =>
    access(dirname(socketIn(run, kind)), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(entered)).includes(true);
}

/** Whether both folders for sockets stand there and this account may enter neither. */
export async function isShutOut(run: string): Promise<boolean> {
  const shut = (['agent', 'approver'] as const).map(async kind => {
    const folder = dirname(socketIn(run, kind));
    return access(folder, constants.X_OK).then(
      () => false,
      (error: unknown) => systemCode(error) === 'EACCES',
    );
  });
  return !(await Promise.all(shut)).includes(false);
}

function refuseFolder(facts: Stats, at: { folder: string; owner: number }): void {
  const { folder, owner } = at;
  if (!facts.isDirectory()) throw untrusted(folder, 'it is no folder');
  if (facts.uid !== 0 && facts.uid !== owner)
    throw untrusted(folder, `it belongs to uid ${facts.uid}, and the socket in it to uid ${owner}`);
  if ((facts.mode & writableByOthers) !== 0)
    throw untrusted(folder, 'its group or everybody may write there', trusted`chmod go-w '${folder}'`);
}

/** Whether root alone can have handed this folder to whoever owns it. */
async function refuseUnlessGiven(run: string): Promise<void> {
  for (let folder = dirname(run); ; folder = dirname(folder)) {
    const { uid, mode } = await lstat(folder);
    if (uid !== 0 || (mode & writableByOthers) !== 0)
      throw untrusted(
        run,
        `it belongs to another account, and in ${folder} others than root could have put it there`,
      );
    if (folder === dirname(folder)) return;
  }
}

function unlessThere(error: unknown): undefined {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
  throw error;
}

function untrusted(path: string, why: string, hint?: Trusted): VigieError {
  return new VigieError('DAEMON', `The daemon at ${path} is not called: ${why}.`, {
    hint:
      hint ??
      trusted`Ask whoever runs this machine. To work without a daemon, name a configuration of your own: --config FILE`,
    details: { path, why },
  });
}
