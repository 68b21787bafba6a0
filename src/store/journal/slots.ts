import type BetterSqlite from 'better-sqlite3';

/** How many may hold a resource, where nobody said. */
const usualLimit = 1;

/** Who holds which resource: an environment with its limit, or one object of a cluster, which one run at a time changes. */
export class Slots {
  readonly #room: BetterSqlite.Statement<[string, string, number], { held: number; most: number | null }>;
  readonly #take: BetterSqlite.Statement<[string, number]>;
  readonly #held: BetterSqlite.Statement<[number], { resource: string }>;
  readonly #drop: BetterSqlite.Statement<[number]>;
  readonly #wake: BetterSqlite.Statement<[string]>;
  readonly #limit: BetterSqlite.Statement<[string, number]>;

  constructor(database: BetterSqlite.Database) {
    this.#room = database.prepare(
      `select (select most from resource_limit where resource = ?) as most, count(*) as held
       from slot where resource = ? and run <> ?`,
    );
    this.#take = database.prepare('insert into slot (resource, run) values (?, ?) on conflict do nothing');
    this.#held = database.prepare('select resource from slot where run = ?');
    this.#drop = database.prepare('delete from slot where run = ?');
    this.#wake = database.prepare(
      `update run set status = 'ready', due = null where status = 'waiting'
       and number in (select run from wait where kind = 'slot' and key = ?)`,
    );
    this.#limit = database.prepare(
      'insert into resource_limit (resource, most) values (?, ?) on conflict do update set most = excluded.most',
    );
  }

  /** Whether that run could hold it beside those that do; one that it holds already has room. */
  hasRoom(resource: string, run: number): boolean {
    const found = this.#room.get(resource, resource, run);
    return (found?.held ?? 0) < (found?.most ?? usualLimit);
  }

  take(run: number, resources: readonly string[]): void {
    for (const resource of resources) this.#take.run(resource, run);
  }

  /** Lets go of all that a run holds, and wakes who waits for it. */
  release(run: number): void {
    const held = this.#held.all(run);
    if (held.length === 0) return;
    this.#drop.run(run);
    for (const { resource } of held) this.#wake.run(resource);
  }

  limit(resource: string, most: number): void {
    this.#limit.run(resource, most);
    this.#wake.run(resource);
  }
}
