import type BetterSqlite from 'better-sqlite3';
import type { Lease, RunRequest } from '../../core/journal.ts';
import { type RunRow, resourcesOf, runColumns } from './run-row.ts';
import type { Slots } from './slots.ts';

/** Runs that are looked at in one go; those before them may all be blocked. */
const page = 200;

/** Who goes on with which run. */
export class Claims {
  readonly #slots: Slots;
  readonly #wakeDue: BetterSqlite.Statement<[number]>;
  readonly #expired: BetterSqlite.Statement<[number, number], { number: number }>;
  readonly #free: BetterSqlite.Statement<[number]>;
  readonly #ready: BetterSqlite.Statement<
    [{ now: number; priority: number | null; number: number; page: number; only: string | null }],
    RunRow & { priority: number }
  >;
  readonly #behind: BetterSqlite.Statement<[string, number], { one: number }>;
  readonly #take: BetterSqlite.Statement<[string, number, number, number]>;
  readonly #renew: BetterSqlite.Statement<
    [number, number, string, string, number],
    { request: RunRequest | null }
  >;

  constructor(database: BetterSqlite.Database, slots: Slots) {
    this.#slots = slots;
    this.#wakeDue = database.prepare(
      `update run set status = 'ready', due = null where status = 'waiting' and due <= ?`,
    );
    this.#expired = database.prepare(
      `select number from run where status = 'running' and (lease_until <= ? or 2 * leased_at - lease_until > ?)`,
    );
    this.#free = database.prepare(
      `update run set status = 'ready', due = null, owner = null, lease_until = null, leased_at = null where number = ?`,
    );
    this.#ready = database.prepare(
      `select ${runColumns}, priority from run join definition on definition.number = run.definition
       where status = 'ready' and (due is null or due <= @now) and (@only is null or id in
           (with recursive family (id) as (select @only union select run.id from run join family on run.parent = family.id)
            select id from family))
         and (@priority is null or priority < @priority or (priority = @priority and run.number > @number))
       order by priority desc, run.number limit @page`,
    );
    this.#behind = database.prepare(
      'select 1 as one from run where concurrency = ? and number < ? and ended_at is null limit 1',
    );
    this.#take = database.prepare(
      `update run set status = 'running', owner = ?, epoch = epoch + 1, leased_at = ?, lease_until = ?, due = null
       where number = ?`,
    );
    this.#renew = database.prepare(
      `update run set leased_at = ?, lease_until = ? where id = ? and owner = ? and epoch = ? and status = 'running'
       returning request`,
    );
  }

  /** The rows that are now this worker's, as they were before but for the epoch. */
  claim(worker: string, at: { now: number; max: number; leaseMs: number; only?: string }): RunRow[] {
    const { now, max, leaseMs, only = null } = at;
    this.#freeLost(now);
    this.#wakeDue.run(now);
    const taken: RunRow[] = [];
    // What an earlier run waits for is not given to a later one, or a run with many resources would never start.
    const wanted = new Set<string>();
    let priority: number | null = null;
    let number = 0;
    while (taken.length < max) {
      const rows = this.#ready.all({ now, priority, number, page, only });
      for (const row of rows) {
        ({ priority, number } = row);
        if (taken.length === max) break;
        const resources = resourcesOf(row);
        if (
          this.#isBehind(row) ||
          !resources.every(each => !wanted.has(each) && this.#slots.hasRoom(each, number))
        ) {
          for (const resource of resources) wanted.add(resource);
          continue;
        }
        this.#slots.take(number, resources);
        this.#take.run(worker, now, now + leaseMs, number);
        taken.push({ ...row, owner: worker, epoch: row.epoch + 1, status: 'running' });
      }
      if (rows.length < page) break;
    }
    return taken;
  }

  /** Undefined: it is not this worker's any more. */
  renew(
    { run, worker, epoch }: Lease,
    at: { now: number; leaseMs: number },
  ): { request?: RunRequest } | undefined {
    const row = this.#renew.get(at.now, at.now + at.leaseMs, run, worker, epoch);
    if (row === undefined) return undefined;
    return row.request === null ? {} : { request: row.request };
  }

  /**
   * A lease is over when its time is, and when it was given later than it lasts from now: then the clock went back since,
   * and whoever lives has renewed it by the new one.
   */
  #freeLost(now: number): void {
    for (const { number } of this.#expired.all(now, now)) {
      this.#slots.release(number);
      this.#free.run(number);
    }
  }

  #isBehind({ concurrency, number }: RunRow): boolean {
    return concurrency !== null && this.#behind.get(concurrency, number) !== undefined;
  }
}
