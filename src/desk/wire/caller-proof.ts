import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, opendir, readlink, rmdir, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loginOf } from '../../config/separation/accounts.ts';
import { VigieError } from '../../core/errors.ts';
import { systemCode } from '../../core/system-error.ts';
import { trusted } from '../../core/trusted-text.ts';

// Node cannot ask a unix socket who is at its other end. So a caller shows it by what only its account can make: the
// daemon says a fresh name and a fresh nonce over the connection, and the caller makes a symbolic link of that name,
// which leads to the nonce, in the folder `callers` beside the socket. Whose the link is, the kernel says.
//
// Why a link, and no file: a daemon that is not root could not open another account's 0600 file; a link is never opened,
// so none can make us wait (a pipe, a lease, a file system of one's own); and where a link leads is fixed when it is
// made, so nobody can write the nonce into one that somebody else made.
//
// What else another account could try, and what meets it:
// - to move a link of somebody else in here: it would have to lead to a nonce that nobody knew before. Most would also
//   bring another group than one made here, which has that of this folder (set-group-id bit); not so those of an account
//   whose primary group it is, so for them the nonce alone stands in the way;
// - to swap two links between the two looks at it: the folder is sticky, so nobody moves another's, and the first and
//   the last look must see the same one;
// - a hard link to another's: more than one name is refused, which denies service and gives nothing;
// - a file system of one's own, mounted here, in which owners are invented: it is another device;
// - a nonce or name a second time: each is for one connection and one answer; what is left over is removed unread;
// - to guess a name: 128 bits, and the folder cannot be listed by its group;
// - to lead a caller to a false daemon that hands on a true one's nonce: a caller makes links only beside the very socket
//   it called, in a folder that is no link, and whose socket it trusts is decided before (src/desk).
// What remains: a program that makes links of another's choosing here under its own account has lent that account; root,
// and whoever may act as another user (sudo -u), is that user; and members of the group can fill the file system.

/** Where callers show who they are, in the folder of the socket. */
const folderName = 'callers';
/** For its owner all; for its group to make links in, not to list; sticky, and its group is that of what is made in it. */
const folderMode = 0o3730;
const modeBits = 0o7777;
/** What may be left over from callers that crashed; whatever else lies there does not come from us. */
const mostLeftovers = 10_000;

/** What a daemon asks of a caller, once. Both are hexadecimal. */
export interface Challenge {
  name: string;
  nonce: string;
}

/** Who calls, as the kernel has it. */
export interface ProvenCaller {
  uid: number;
  /** `uid-1234` where the system has no name for it. */
  login: string;
}

/** Something to ask of one caller. */
export function newChallenge(): Challenge {
  return { name: randomBytes(16).toString('hex'), nonce: randomBytes(32).toString('hex') };
}

/** The caller's side: makes the link beside the socket that was called. @throws VigieError CALLER_UNPROVEN */
export async function answerChallenge(socket: string, challenge: Challenge): Promise<void> {
  const folder = callersFolder(socket);
  // What comes over the wire is a name and never a path.
  if (!/^[0-9a-f]{32}$/.test(challenge.name) || !/^[0-9a-f]{64}$/.test(challenge.nonce))
    throw unproven(folder, 'the daemon asked for it in a way that is not ours');
  try {
    if (!(await lstat(folder)).isDirectory()) throw unproven(folder, 'it is no folder');
    await symlink(challenge.nonce, join(folder, challenge.name));
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw unproven(folder, `no link could be made there (${systemCode(error) ?? 'unknown'})`);
  }
}

/** The daemon's side: who made the link. It is gone afterwards, whatever comes of it. @throws VigieError CALLER_UNPROVEN */
export async function provenCaller(socket: string, challenge: Challenge): Promise<ProvenCaller> {
  const folder = callersFolder(socket);
  const link = join(folder, challenge.name);
  try {
    const around = await lstat(folder, { bigint: true });
    const before = await lstat(link, { bigint: true });
    const leadsTo = before.isSymbolicLink() ? await readlink(link) : undefined;
    const after = await lstat(link, { bigint: true });
    if (leadsTo === undefined) throw unproven(folder, 'what stands there is no link');
    if (leadsTo !== challenge.nonce) throw unproven(folder, 'the link does not lead to what was asked for');
    if (before.ino !== after.ino || before.dev !== after.dev || before.ctimeNs !== after.ctimeNs)
      throw unproven(folder, 'the link was changed while it was read');
    if (before.nlink !== 1n) throw unproven(folder, 'the link has more than one name');
    if (before.dev !== around.dev) throw unproven(folder, 'the link is on another file system');
    if (before.gid !== around.gid) throw unproven(folder, 'the link was not made there');
    const uid = Number(before.uid);
    return { uid, login: await loginOf(uid) };
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw unproven(folder, `there is no link to read (${systemCode(error) ?? 'unknown'})`);
  } finally {
    await dropChallenge(socket, challenge);
  }
}

/** Either side's last step: the daemon's also for a caller that never answered. */
export async function dropChallenge(socket: string, { name }: Challenge): Promise<void> {
  await unlink(join(callersFolder(socket), name)).catch(() => undefined);
}

/**
 * The daemon's first step: the folder is made where it is missing and emptied where it is not; one that says too little
 * or lets in too many is refused with the command that mends it. @throws VigieError CALLER_UNPROVEN
 */
export async function prepareCallers(socket: string): Promise<void> {
  const folder = callersFolder(socket);
  const { gid } = await lstat(dirname(folder));
  try {
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, -1, gid);
    await chmod(folder, folderMode);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') {
      await rmdir(folder).catch(() => undefined);
      throw unusable(folder, { why: `it cannot be made (${systemCode(error) ?? 'unknown'})`, gid });
    }
  }
  const facts = await lstat(folder);
  if (!facts.isDirectory()) throw unusable(folder, { why: 'it is no folder', gid });
  const ours = process.getuid?.();
  if (facts.uid !== ours)
    throw unusable(folder, { why: `it belongs to another user (uid ${facts.uid})`, gid });
  if (facts.gid !== gid) throw unusable(folder, { why: 'its group is not that of the folder it is in', gid });
  if ((facts.mode & modeBits) !== folderMode)
    throw unusable(folder, {
      why: `its mode is ${(facts.mode & modeBits).toString(8)} and not ${folderMode.toString(8)}`,
      gid,
    });
  await sweep(folder);
}

/**
 * Nothing in there is of use to anybody once the connection it was made for is gone. Never into a folder, which its maker
 * could swap meanwhile for a link to one of ours.
 */
async function sweep(folder: string): Promise<void> {
  let seen = 0;
  for await (const { name } of await opendir(folder)) {
    if (seen++ >= mostLeftovers) return;
    const path = join(folder, name);
    await unlink(path).catch(() => rmdir(path).catch(() => undefined));
  }
}

function callersFolder(socket: string): string {
  return join(dirname(socket), folderName);
}

function unproven(folder: string, why: string): VigieError {
  return new VigieError(
    'CALLER_UNPROVEN',
    `Who calls could not be shown in ${folder}: ${why}. Nothing was answered.`,
    {
      hint: trusted`Try again; if it stays so, the account may lack the socket's group, or the disk is full: ls -ld '${folder}'; df -i '${folder}'`,
      details: { folder, why },
      retryable: true,
    },
  );
}

function unusable(folder: string, problem: { why: string; gid: number }): VigieError {
  return new VigieError('CALLER_UNPROVEN', `${folder} cannot be used by callers: ${problem.why}.`, {
    hint: trusted`As root: install -d -o ${process.getuid?.() ?? 'vigie'} -g ${problem.gid} -m ${folderMode.toString(8)} '${folder}'`,
    details: { folder, why: problem.why },
  });
}
