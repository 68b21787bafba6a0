import { constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type BetterSqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  SqliteDriver,
  type Transaction,
} from 'kysely';
import { VigieError } from '../core/errors.ts';
import { systemCode } from '../core/system-error.ts';
import { type Trusted, trusted } from '../core/trusted-text.ts';
import type { Tables } from './tables.ts';

/** How long a statement waits for another process's transaction; ours take milliseconds. */
const busyMs = 5_000;
/** Switching a new file to WAL ignores the busy timeout, so two first processes try again: 2 s in all. */
const openAttempts = 40;
const openPauseMs = 50;

/** What runs inside one transaction, or outside any. */
export type Queries = Kysely<Tables> | Transaction<Tables>;

/** The one connection to the store's file. Every error of SQLite leaves it as STORE with the file's name. */
export class Database {
  readonly file: string;
  readonly #db: Kysely<Tables>;

  constructor(file: string, db: Kysely<Tables>) {
    this.file = file;
    this.#db = db;
  }

  async read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#db);
    } catch (error) {
      throw storeError(this.file, error);
    }
  }

  /** One transaction that takes the write lock at its start; if anything in it fails, nothing happened. */
  async write<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
    try {
      return await this.#db.transaction().execute(work);
    } catch (error) {
      throw storeError(this.file, error);
    }
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

/** @throws VigieError STORE: unreadable, read-only, full, corrupt or no SQLite file */
export async function openDatabase(file: string): Promise<Database> {
  try {
    await createPrivately(file);
    const { default: Sqlite } = await import('better-sqlite3');
    const connection = await connect(() => new Sqlite(file, { timeout: busyMs }));
    const dialect = new ImmediateSqlite({ database: connection });
    return new Database(file, new Kysely<Tables>({ dialect }));
  } catch (error) {
    throw storeError(file, error);
  }
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

/** Kysely begins deferred transactions; ours read first and must not lose the write lock to another process then. */
class ImmediateSqlite extends SqliteDialect {
  readonly #database: BetterSqlite.Database;

  constructor(config: { database: BetterSqlite.Database }) {
    super(config);
    this.#database = config.database;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#database);
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #database: BetterSqlite.Database;

  constructor(database: BetterSqlite.Database) {
    super({ database });
    this.#database = database;
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** On a full disk SQLite has rolled back by itself; a second time would fail and hide the reason. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
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

function storeError(file: string, error: unknown): unknown {
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
