import type BetterSqlite from 'better-sqlite3';
import { VigieError } from '../../core/errors.ts';

type Settle = () => void;

interface Asked {
  /** Does it, and gives what tells its caller once it is on disk. */
  work: () => Settle;
  reject: (error: unknown) => void;
}

/**
 * Writes what is asked for in one turn of the event loop in one transaction: the wait for the disk, which is nearly all
 * that a record costs, is paid once for all of them. A promise is kept after that wait, never before.
 *
 * Work throws a VigieError before it has written anything, and takes nobody else along. Any other error undoes all of the
 * transaction and is everybody's.
 */
export class GroupCommit {
  readonly #database: BetterSqlite.Database;
  readonly #translate: (error: unknown) => unknown;
  #asked: Asked[] = [];

  constructor(database: BetterSqlite.Database, translate: (error: unknown) => unknown) {
    this.#database = database;
    this.#translate = translate;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#asked.length === 0) setImmediate(() => this.#commit());
      this.#asked.push({
        work: () => {
          const value = work();
          return () => resolve(value);
        },
        reject,
      });
    });
  }

  /** Writes what was asked for and not yet written. */
  flush(): void {
    if (this.#asked.length > 0) this.#commit();
  }

  #commit(): void {
    const asked = this.#asked;
    this.#asked = [];
    if (asked.length === 0) return;
    let settles: Settle[] = [];
    try {
      this.#database
        .transaction(() => {
          settles = asked.map(doIt);
        })
        .immediate();
    } catch (error) {
      const translated = this.#translate(error);
      for (const { reject } of asked) reject(translated);
      return;
    }
    for (const settle of settles) settle();
  }
}

function doIt({ work, reject }: Asked): Settle {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof VigieError)) throw error;
    return () => reject(error);
  }
}
