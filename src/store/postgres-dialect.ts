import {
  type CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Driver,
  PostgresDialect,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { QueryResult as Answer, Pool, PoolClient } from 'pg';
import { VigieError } from '../core/errors.ts';
import { endOf, inDoubt, type Numbered, numberIn, numbering } from './postgres-commit.ts';
import { isLost, postgresError } from './postgres-error.ts';
import type { PostgresPlace } from './postgres-place.ts';

// What differs from SQLite lies here: how a transaction takes the write lock, what the types of columns are called, and
// what is known of a transaction whose end was not heard of.

/** Of the locks that belong to an application, by our two numbers: "Vigi", and which. Released with their transaction. */
const writeLock = '1449748329, 1';
/** As long as a statement of SQLite waits for another process's transaction. */
const lockMs = 5_000;
/** Ours take milliseconds. */
const statementMs = 10_000;
/** A process that stands still in the middle of a transaction holds everybody up. */
const stillMs = 5_000;

// Each statement sees what was committed before it, so the lock's own sees nothing that is old when it is given. What a
// role or a server has as its own default counts for nothing here.
const beginning = `begin isolation level read committed;
set local lock_timeout = ${lockMs};
set local statement_timeout = ${statementMs};
set local idle_in_transaction_session_timeout = ${stillMs};
set local synchronous_commit = on;
select pg_advisory_xact_lock(${writeLock});
${numbering}`;

interface Connections {
  place: PostgresPlace;
  pool: Pool;
  /** Others, by which is asked what became of a transaction. */
  others: Pool;
}

/** Queries for PostgreSQL, in which a transaction has the write lock from its beginning. All they throw is STORE. */
export class LockedPostgres extends PostgresDialect {
  readonly #connections: Connections;

  constructor(connections: Connections) {
    super(connections);
    this.#connections = connections;
  }

  override createDriver(): Driver {
    return new LockedDriver(this.#connections);
  }

  override createQueryCompiler(): PostgresQueryCompiler {
    return new NeutralCompiler();
  }
}

/** The types of our migrations as PostgreSQL calls them: whole numbers as wide as SQLite's, texts in the order of their bytes. */
class NeutralCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    if (node.dataType === 'blob') this.append('bytea');
    else if (node.dataType === 'integer') this.append('bigint');
    else if (node.dataType === 'text') this.append('text collate "C"');
    else super.visitDataType(node);
  }
}

class LockedDriver implements Driver {
  readonly #pool: Pool;
  readonly #others: Pool;
  readonly #place: PostgresPlace;

  constructor({ pool, others, place }: Connections) {
    this.#pool = pool;
    this.#others = others;
    this.#place = place;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<LockedConnection> {
    try {
      return new LockedConnection(await this.#pool.connect(), this.#place);
    } catch (error) {
      throw postgresError(this.#place, error);
    }
  }

  async beginTransaction(connection: LockedConnection): Promise<void> {
    await connection.begin();
  }

  async commitTransaction(connection: LockedConnection): Promise<void> {
    if (await connection.commit()) return;
    const { transaction } = connection;
    // The server may have heard, and its answer been lost.
    const state = transaction === undefined ? 'unknown' : await endOf(transaction, this.#others);
    if (state === 'committed') return;
    if (state === 'aborted') throw broken(this.#place);
    throw inDoubt();
  }

  async rollbackTransaction(connection: LockedConnection): Promise<void> {
    await connection.rollback();
  }

  async releaseConnection(connection: LockedConnection): Promise<void> {
    connection.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

class LockedConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  readonly #place: PostgresPlace;
  #lost = false;
  /** Undefined outside of one. */
  transaction: Numbered | undefined;

  constructor(client: PoolClient, place: PostgresPlace) {
    this.#client = client;
    this.#place = place;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.#say<R>(sql, parameters.map(withoutNul));
    const writes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
    return { rows, ...(writes ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the store reads in pages');
  }

  async begin(): Promise<void> {
    try {
      const answers: unknown = await this.#say(beginning, []);
      this.transaction = Array.isArray(answers) ? numberIn(answers.at(-1)) : undefined;
    } catch (error) {
      // Begun it is, even where the lock was not given.
      await this.rollback();
      throw error;
    }
  }

  /** False: what came of it was not heard. */
  async commit(): Promise<boolean> {
    let answer: Answer;
    try {
      answer = await this.#client.query('commit');
    } catch (error) {
      this.#lost = isLost(error);
      if (this.#lost) return false;
      throw postgresError(this.#place, error);
    }
    // A transaction in which a statement failed is rolled back by `commit`, and that is no error to the server.
    if (answer.command !== 'COMMIT') throw new Error('a statement of the transaction had failed');
    return true;
  }

  /** The server does so by itself when the connection ends. */
  async rollback(): Promise<void> {
    if (this.#lost) return;
    await this.#say('rollback', []).catch(() => {
      this.#lost = true;
    });
  }

  release(): void {
    this.#client.release(this.#lost);
  }

  async #say<R>(sql: string, parameters: readonly unknown[]): Promise<Answer<R & object>> {
    try {
      return await this.#client.query<R & object>(sql, [...parameters]);
    } catch (error) {
      this.#lost ||= isLost(error);
      throw postgresError(this.#place, error);
    }
  }
}

/** PostgreSQL keeps every character but this one. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

function broken(place: PostgresPlace): VigieError {
  return new VigieError('STORE', `The store (${place.name}) failed: the connection broke at the end of it.`, {
    hint: 'Try again: nothing was written.',
    details: { reason: 'aborted' },
    retryable: true,
  });
}
