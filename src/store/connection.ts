import { constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type BetterSqlite from 'better-sqlite3';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';

/** How long a statement waits for another process's transaction; ours take milliseconds. */
const busyMs = 5_000;
/** Switching a new file to WAL ignores the busy timeout, so two first processes try again: 2 s in all. */
const openAttempts = 40;
const openPauseMs = 50;

/**
 * Opens a file of SQLite, private to this user, made when there is none; what a transaction wrote is on disk at its end.
 * @throws what `storeError` tells
 */
export async function openConnection(file: string): Promise<BetterSqlite.Database> {
  await createPrivately(file);
  const { default: Sqlite } = await import('better-sqlite3');
  return connect(() => new Sqlite(file, { timeout: busyMs }));
}

/** SQLite gives its -wal and -shm files the mode of the main file, so that file is made first, and private. */
async function createPrivately(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) await handle.chmod(0o600);
  } finally {
    await handle?.close();
  }
}

async function connect(openFile: () => BetterSqlite.Database): Promise<BetterSqlite.Database> {
  for (let attempt = 1; ; attempt++) {
    const connection = openFile();
    try {
      connection.pragma('journal_mode = WAL');
      // An intent must be on disk before the write it announces leaves.
      connection.pragma('synchronous = FULL');
      connection.pragma('secure_delete = ON');
      connection.pragma('foreign_keys = ON');
      connection.pragma('trusted_schema = OFF');
      return connection;
    } catch (error) {
      connection.close();
      if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true || attempt === openAttempts) throw error;
      await pause(openPauseMs);
    }
  }
}

const reasons: readonly { code: string; why: string; hint: Trusted; retryable?: true }[] = [
  {
    code: 'SQLITE_FULL',
    why: 'the disk is full',
    hint: trusted`Free space, then try again: nothing was written.`,
  },
  {
    code: 'SQLITE_READONLY',
    why: 'it is read-only',
    hint: trusted`Make the folder writable for this user, or set VIGIE_HOME.`,
  },
  { code: 'SQLITE_NOTADB', why: 'it is no SQLite file', hint: trusted`Move it away; a new one is made.` },
  {
    code: 'SQLITE_CORRUPT',
    why: 'it is damaged',
    hint: trusted`Restore it from a backup, or move it away; a new one is made.`,
  },
  {
    code: 'SQLITE_CANTOPEN',
    why: 'it cannot be opened',
    hint: trusted`Look at the rights of its folder, or set VIGIE_HOME.`,
  },
  { code: 'SQLITE_BUSY', why: 'another process holds it', hint: trusted`Try again.`, retryable: true },
  {
    code: 'SQLITE_IOERR',
    why: 'the disk failed to read or write',
    hint: trusted`Look at the disk (full, quota, failing), then try again.`,
  },
  {
    code: 'ENOSPC',
    why: 'the disk is full',
    hint: trusted`Free space, then try again: nothing was written.`,
  },
  {
    code: 'EROFS',
    why: 'it is read-only',
    hint: trusted`Make the folder writable for this user, or set VIGIE_HOME.`,
  },
  {
    code: 'EACCES',
    why: 'this user may not open it',
    hint: trusted`Make the folder writable for this user, or set VIGIE_HOME.`,
  },
  {
    code: 'ELOOP',
    why: 'it is a symbolic link',
    hint: trusted`Put the file itself there, or set VIGIE_HOME to its real folder.`,
  },
];

/** What failed as STORE, with the file and the next step; what is no failure of SQLite or its file as it is. */
export function storeError(file: string, error: unknown): unknown {
  if (error instanceof VigieError) return error;
  const code = sqliteCode(error);
  if (code === undefined) return error;
  const reason = reasons.find(known => code.startsWith(known.code));
  return new VigieError('STORE', `The store ${file} failed: ${reason?.why ?? code}.`, {
    hint: reason?.hint ?? trusted`Run \`vigie doctor\`.`,
    details: { file, reason: code },
    retryable: reason?.retryable ?? false,
    cause: error,
  });
}

/** `SQLITE_FULL`, or a code of the operating system; undefined for what is neither. */
function sqliteCode(error: unknown): string | undefined {
  const known = error instanceof Error && (error.name === 'SqliteError' || 'errno' in error);
  return known ? systemCode(error) : undefined;
}
