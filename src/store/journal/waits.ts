import type BetterSqlite from 'better-sqlite3';
import type { Wait } from '../../core/journal.ts';

/** A wait as it lies in its table. */
export interface WaitRow {
  path: string;
  kind: string;
  key: string;
  until: number | null;
}

/** What parked runs wait for. */
export class Waits {
  readonly #put: BetterSqlite.Statement<[number, string, string, string, number | null]>;
  readonly #drop: BetterSqlite.Statement<[number]>;
  readonly #all: BetterSqlite.Statement<[number], WaitRow>;

  constructor(database: BetterSqlite.Database) {
    this.#put = database.prepare('insert into wait (run, path, kind, key, until) values (?, ?, ?, ?, ?)');
    this.#drop = database.prepare('delete from wait where run = ?');
    this.#all = database.prepare('select path, kind, key, until from wait where run = ?');
  }

  /** In place of those before. */
  replace(run: number, waits: readonly Wait[]): void {
    this.#drop.run(run);
    for (const wait of waits)
      this.#put.run(
        run,
        wait.path,
        wait.kind,
        wait.kind === 'timer' ? '' : wait.key,
        wait.kind === 'slot' ? null : (wait.until ?? null),
      );
  }

  of(run: number): Wait[] {
    return this.#all.all(run).map(waitOf);
  }
}

/** When the first of them is over by itself; undefined: none is. */
export function firstMoment(waits: readonly Wait[]): number | undefined {
  const moments = waits.flatMap(wait => (wait.kind === 'slot' ? [] : (wait.until ?? [])));
  return moments.length === 0 ? undefined : Math.min(...moments);
}

export function waitOf({ path, kind, key, until }: WaitRow): Wait {
  if (kind === 'timer') return { path, kind, until: until ?? 0 };
  if (kind === 'slot') return { path, kind, key };
  return { path, kind: 'message', key, ...(until === null ? {} : { until }) };
}
