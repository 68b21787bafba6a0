import type { Pool } from 'pg';
import { VigieError } from '../../../core/errors.ts';
import { passesAtOnce, type Sql } from './sql.ts';

/**
 * Only one process at a time moves runs between statuses or hands out resources: what one of them sees is then what it
 * writes on. Steps are recorded beside that. A process that stands still in the middle is thrown out by the server, and all
 * of these are shorter than what our side waits for an answer (postgres-pool.ts). A role's own defaults do not count.
 */
const begin = `begin isolation level read committed; set local synchronous_commit = on;
  set local idle_in_transaction_session_timeout = '8s'; set local lock_timeout = '10s';
  set local statement_timeout = '12s'; select pg_advisory_xact_lock(7194611202)`;

/** Times that a turn is taken again which the server broke off for another one's sake. */
const attempts = 4;

type Settle = () => void;

interface Asked {
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

  run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#asked.push({
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
        for (const settle of await this.#turn(asked)) settle();
      } catch (error) {
        const translated = this.#translate(error);
        for (const { reject } of asked) reject(translated);
      }
    }
    this.#going = undefined;
  }

  async #turn(asked: readonly Asked[]): Promise<Settle[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(asked);
      } catch (error) {
        if (attempt === attempts || !passesAtOnce(error)) throw error;
      }
    }
  }

  async #attempt(asked: readonly Asked[]): Promise<Settle[]> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      await client.query(begin);
      const settles: Settle[] = [];
      for (const each of asked) settles.push(await doIt(each, client));
      await client.query('commit');
      broken = false;
      return settles;
    } finally {
      // A connection that is closed takes its transaction along.
      client.release(broken);
    }
  }
}

async function doIt({ work, reject }: Asked, sql: Sql): Promise<Settle> {
  try {
    return await work(sql);
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    return () => reject(error);
  }
}
