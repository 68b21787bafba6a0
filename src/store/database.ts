import type BetterSqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  SqliteDriver,
  type Transaction,
} from 'kysely';
import { openConnection, storeError } from './connection.ts';
import type { Tables } from './tables.ts';

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
    const dialect = new ImmediateSqlite({ database: await openConnection(file) });
    return new Database(file, new Kysely<Tables>({ dialect }));
  } catch (error) {
    throw storeError(file, error);
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
