import { Kysely, type Transaction } from 'kysely';
import { openConnection, storeError } from './connection.ts';
import type { ServerFacts } from './postgres-facts.ts';
import type { Tables } from './tables.ts';

/** What runs inside one transaction, or outside any. */
export type Queries = Kysely<Tables> | Transaction<Tables>;

/** Where a store is: a file of SQLite, or the URL of a database of PostgreSQL with its password. */
export type StorePlace = { file: string } | { postgres: string };

/** The lines to the store, whichever it is. Every error of it leaves as STORE with its name. */
export class Database {
  /** For messages: the file, or the database and its host. */
  readonly name: string;
  /** In which the tables lie; undefined: a file has none. */
  readonly schema: string | undefined;
  /** What is to be known of its server; undefined: a file has none. */
  readonly server: ((now: () => Date) => Promise<ServerFacts>) | undefined;
  readonly #reading: Kysely<Tables>;
  readonly #writing: Kysely<Tables>;
  readonly #translate: (error: unknown) => unknown;

  constructor(parts: {
    name: string;
    schema?: string;
    server?: (now: () => Date) => Promise<ServerFacts>;
    reading: Kysely<Tables>;
    /** On PostgreSQL one connection: what one process writes waits for its turn here, and not at the server. */
    writing: Kysely<Tables>;
    translate: (error: unknown) => unknown;
  }) {
    this.name = parts.name;
    this.schema = parts.schema;
    this.server = parts.server;
    this.#reading = parts.reading;
    this.#writing = parts.writing;
    this.#translate = parts.translate;
  }

  async read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#reading);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** One transaction that takes the write lock at its start; if anything in it fails, nothing happened. */
  async write<T>(work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
    try {
      return await this.#writing.transaction().execute(work);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async close(): Promise<void> {
    await this.#writing.destroy();
    if (this.#reading !== this.#writing) await this.#reading.destroy();
  }
}

/** @throws VigieError STORE: unreadable, read-only, full, corrupt, no SQLite file, or no PostgreSQL that can be used */
export async function openDatabase(place: StorePlace): Promise<Database> {
  if ('file' in place) return openFile(place.file);
  const { openPostgres } = await import('./postgres-database.ts');
  return openPostgres(place.postgres);
}

async function openFile(file: string): Promise<Database> {
  const translate = (error: unknown) => storeError(file, error);
  try {
    const [{ ImmediateSqlite }, database] = await Promise.all([
      import('./sqlite-dialect.ts'),
      openConnection(file),
    ]);
    const db = new Kysely<Tables>({ dialect: new ImmediateSqlite({ database }) });
    return new Database({ name: file, reading: db, writing: db, translate });
  } catch (error) {
    throw translate(error);
  }
}
