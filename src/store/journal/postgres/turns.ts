import type { Pool } from 'pg';
import { VigieError } from '../../../core/errors.ts';
import { endOf, inDoubt, type Numbered, numberIn, numbering } from '../../postgres-commit.ts';
import { isLost } from '../../postgres-error.ts';
import { kept } from './kept-text.ts';
import { againWhereItPasses, type Sql } from './sql.ts';

/**
 * Only one process at a time moves runs between statuses or hands out resources: what one of them sees is then what it
 * writes on. Steps are recorded beside that. A process that stands still in the middle is thrown out by the server, and all
 * of these are shorter than what our side waits for an answer (postgres-pool.ts). A role's own defaults do not count.
 */
const begin = `begin isolation level read committed; set local synchronous_commit = on;
  set local idle_in_transaction_session_timeout = '8s'; set local lock_timeout = '10s';
  set local statement_timeout = '12s'; select pg_advisory_xact_lock(7194611202);
  ${numbering}`;

type Settle = () => void;

interface Asked {
  /** The run it is about. */
  run: string | undefined;
  /** Does it, and gives what tells its caller once it is kept. */
  work: (sql: Sql) => Promise<Settle>;
  reject: (error: unknown) => void;
}

/**
 * Does what is asked for in one turn of the event loop, or while another turn is under way, in one transaction, one after
 * the other. A promise is kept after the commit, never before.
 *
 * Work throws a VigieError before it has written anything, and takes nobody else along; it may be done again from its
 * beginning. Any other error undoes all of the turn and is everybody's.
 */
export class Turns {
  readonly #pool: Pool;
  readonly #translate: (error: unknown) => unknown;
  #asked: Asked[] = [];
  #going: Promise<void> | undefined;

  constructor(pool: Pool, translate: (error: unknown) => unknown) {
    this.#pool = pool;
    this.#translate = translate;
  }

  /** `run`: the one that it is about. */
  run<T>(work: (sql: Sql) => Promise<T>, run?: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#asked.push({
        run,
        work: async sql => {
          const value = await work(sql);
          return () => resolve(value);
        },
        reject,
      });
      this.#going ??= this.#goOn();
    });
  }

  /** Resolves when all that was asked for is kept or refused. */
  async settle(): Promise<void> {
    await this.#going;
  }

  async #goOn(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#asked.length > 0) {
      const asked = this.#asked;
      this.#asked = [];
      try {
        for (const settle of await againWhereItPasses(() => this.#attempt(asked))) settle();
      } catch (error) {
        const translated = this.#translate(error);
        for (const { reject } of asked) reject(translated);
      }
    }
    this.#going = undefined;
  }

  async #attempt(asked: readonly Asked[]): Promise<Settle[]> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      const transaction = numberIn(await client.query(begin));
      await lockRuns(client, asked);
      const settles: Settle[] = [];
      for (const each of asked) settles.push(await doIt(each, client));
      await client.query('commit').catch((error: unknown) => this.#heard(error, transaction));
      broken = false;
      return settles;
    } finally {
      // A connection that is closed takes its transaction along.
      client.release(broken);
    }
  }

  /** Of a commit whose answer was lost: nothing where it was kept all the same. @throws what it says else */
  async #heard(error: unknown, transaction: Numbered | undefined): Promise<void> {
    if (!isLost(error) || transaction === undefined) throw error;
    const state = await endOf(transaction, this.#pool);
    if (state === 'aborted') throw error;
    if (state === 'unknown') throw inDoubt();
  }
}

/** In the order in which records and renewals lock them too: in any other, two that have one each wait for one another. */
async function lockRuns(sql: Sql, asked: readonly Asked[]): Promise<void> {
  const runs = new Set(asked.flatMap(({ run }) => (run === undefined ? [] : [kept(run)])));
  if (runs.size < 2) return;
  await sql.query('select from vigie_runs.run where id = any($1::text[]) order by number for update', [
    [...runs],
  ]);
}

async function doIt({ work, reject }: Asked, sql: Sql): Promise<Settle> {
  try {
    return await work(sql);
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    return () => reject(error);
  }
}
