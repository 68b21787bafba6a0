import type BetterSqlite from 'better-sqlite3';
import type { Json } from '../../core/json.ts';
import { readBack } from './payload.ts';

/** Messages that lie there until somebody takes them. What was taken stays without its payload, so that it never comes twice. */
export class Messages {
  readonly #put: BetterSqlite.Statement<[number, string, string, string]>;
  readonly #oldest: BetterSqlite.Statement<[number, string], { number: number; payload: string }>;
  readonly #empty: BetterSqlite.Statement<[number]>;
  readonly #wake: BetterSqlite.Statement<[number, string]>;

  constructor(database: BetterSqlite.Database) {
    this.#put = database.prepare(
      'insert into message (run, key, id, payload) values (?, ?, ?, ?) on conflict do nothing',
    );
    this.#oldest = database.prepare(
      `select number, payload from message
       where run = ? and key = ? and payload is not null order by number limit 1`,
    );
    this.#empty = database.prepare('update message set payload = null where number = ?');
    this.#wake = database.prepare(
      `update run set status = 'ready', due = null where number = ? and status = 'waiting'
       and exists (select 1 from wait where wait.run = run.number and kind = 'message' and key = ?)`,
    );
  }

  /** False: one of that id came before. */
  put(run: number, { key, id, payload }: { key: string; id: string; payload: string }): boolean {
    if (this.#put.run(run, key, id, payload).changes === 0) return false;
    this.#wake.run(run, key);
    return true;
  }

  /** The oldest under a key, which lies there until it is taken. */
  look(run: number, key: string): { number: number; payload: Json } | undefined {
    const found = this.#oldest.get(run, key);
    return found === undefined ? undefined : { number: found.number, payload: readBack(found.payload) };
  }

  take(number: number): void {
    this.#empty.run(number);
  }
}
