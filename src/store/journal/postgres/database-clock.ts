import { type Clock, now, type Sql } from './sql.ts';

/** How long a comparison counts: clocks of machines drift apart by less than a second a day. */
const countsMs = 60_000;

/**
 * The database's clock, told without asking it. It is never behind what the database goes by, or a run would be woken for a
 * moment that its worker says is still to come, and would be gone on with in vain until it has.
 */
export class DatabaseClock {
  readonly #sql: Sql;
  readonly #clock: Clock;
  #at = { database: 0, here: 0 };
  #asked: Promise<void> | undefined;

  /** `sync` comes before all else. */
  constructor(sql: Sql, clock: Clock) {
    this.#sql = sql;
    this.#clock = clock;
  }

  /** Milliseconds since 1970. */
  now(): number {
    const own = this.#clock();
    if (own !== null) return own;
    const here = performance.now();
    if (here - this.#at.here > countsMs && this.#asked === undefined)
      // Where the database is away, the comparison before still counts.
      this.#asked = this.sync()
        .catch(() => undefined)
        .finally(() => {
          this.#asked = undefined;
        });
    return Math.ceil(this.#at.database + here - this.#at.here);
  }

  async sync(): Promise<void> {
    // From before it was asked: the answer took its time, and the database's clock went on.
    const here = performance.now();
    const { rows } = await this.#sql.query<{ at: number }>(`select ${now}::float8 as at`, [this.#clock()]);
    const [row] = rows;
    if (row !== undefined) this.#at = { database: row.at + 1, here };
  }
}
