import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';

// Whoever can write the policy or the approvers decides what is allowed. So such a file must be the user's or root's,
// it and its folder must not be writable for anybody else, and a symbolic link is not followed to where that may not hold.

/** No vigie.yaml or approvers file that people write comes near. */
const maxBytes = 1024 * 1024;
const othersMayWrite = 0o022;
const lockAttempts = 50;
const lockPauseMs = 100;

/** A text and who owns the file it came from. */
export interface OwnedText {
  text: string;
  ownerUid: number;
}

/**
 * The text of a file that only its owner may write; undefined when there is none.
 * `owner: 'root'` takes only root's. @throws VigieError INVALID_CONFIG with the reason
 */
export async function readOwned(
  file: string,
  rule: { owner: 'self-or-root' | 'root' },
): Promise<OwnedText | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await handle.stat();
    refuseUnlessOwned(file, { facts, folder: await stat(dirname(file)), owner: rule.owner });
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
    if (bytesRead > maxBytes) throw invalid(file, `it is larger than ${maxBytes} bytes`);
    return { text: buffer.toString('utf8', 0, bytesRead), ownerUid: facts.uid };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw translated(file, error);
  } finally {
    await handle?.close();
  }
}

function refuseUnlessOwned(
  file: string,
  found: { facts: Stats; folder: Stats; owner: 'self-or-root' | 'root' },
): void {
  const { facts, folder, owner } = found;
  if (!facts.isFile()) throw invalid(file, 'it is not a regular file');
  const ours = process.getuid?.();
  // Windows has neither uids nor these modes.
  if (ours === undefined) return;
  const isTrusted = (uid: number): boolean => uid === 0 || (owner === 'self-or-root' && uid === ours);
  if (!isTrusted(facts.uid)) throw invalid(file, `it belongs to another user (uid ${facts.uid})`);
  if (!isTrusted(folder.uid)) throw invalid(file, `its folder belongs to another user (uid ${folder.uid})`);
  const hint = trusted`chmod go-w '${file}' '${dirname(file)}'`;
  if ((facts.mode & othersMayWrite) !== 0) throw invalid(file, 'its group or everybody may write it', hint);
  if ((folder.mode & othersMayWrite) !== 0) {
    throw invalid(file, 'the group of its folder or everybody may write there', hint);
  }
}

/** Puts a text in place of a file in one step: a reader sees the old one or the new one. The file is the owner's alone. */
export async function replaceOwned(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  try {
    const handle = await open(
      draft,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw translated(file, error);
  }
}

/** Holds `<file>.lock` while the work runs. @throws VigieError INVALID_CONFIG when another process keeps it for 5 s */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  for (let attempt = 1; ; attempt++) {
    try {
      const handle = await open(lock, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
      await handle.close();
      break;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw translated(file, error);
      if (attempt === lockAttempts) {
        throw invalid(file, 'another process is changing it', trusted`If none is: rm '${lock}'`);
      }
      await pause(lockPauseMs);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

function translated(file: string, error: unknown): unknown {
  if (error instanceof VigieError) return error;
  switch (systemCode(error)) {
    case 'ELOOP':
      return invalid(file, 'it is a symbolic link', trusted`Name the real file.`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return invalid(file, 'this user may not open or change it');
    case 'ENOTDIR':
    case 'EISDIR':
      return invalid(file, 'its path is not that of a file');
    case 'ENOSPC':
      return invalid(file, 'the disk is full');
    case undefined:
    default:
      return error;
  }
}

function invalid(file: string, why: string, hint?: Trusted): VigieError {
  return new VigieError('INVALID_CONFIG', `${file} cannot be used: ${why}.`, {
    details: { file, why },
    ...(hint === undefined ? {} : { hint }),
  });
}
