import type BetterSqlite from 'better-sqlite3';
import { VigieError } from '../../core/errors.ts';
import type { Lease, RunEnd, RunQuery, RunRequest, RunStatus } from '../../core/journal.ts';
import { trusted } from '../../core/trusted-text.ts';
import { type Moved, refuseCrowd } from './decide.ts';
import { type RunRow, runColumns } from './run-row.ts';

/** A run before it has a number. Texts are JSON that is known to fit. */
export interface FreshRun {
  id: string;
  digest: string;
  name: string;
  environment: string;
  input: string;
  startedBy: string;
  startedAt: number;
  priority: number;
  due: number | null;
  resources: string | null;
  concurrency: string | null;
  parent: string | null;
  parentKey: string | null;
  parentMost: number | null;
}

const joined = `select ${runColumns} from run join definition on definition.number = run.definition`;

/** The rows of runs, and what moves them from one status to the next. */
export class Runs {
  readonly #byId: BetterSqlite.Statement<[string], RunRow>;
  readonly #leased: BetterSqlite.Statement<
    [string, string, number],
    { number: number; request: RunRequest | null }
  >;
  readonly #insert: BetterSqlite.Statement<[FreshRun]>;
  readonly #together: BetterSqlite.Statement<[string], { id: string }>;
  readonly #leave: BetterSqlite.Statement<[string, number | null, string | null, number]>;
  readonly #end: BetterSqlite.Statement<[string, number, string | null, number]>;
  readonly #ask: BetterSqlite.Statement<[string | null, number]>;
  readonly #hold: BetterSqlite.Statement<[string | null, number]>;
  readonly #open: BetterSqlite.Statement<[string], { count: number }>;
  readonly #list: BetterSqlite.Statement<
    [
      {
        status: string | null;
        name: string | null;
        environment: string | null;
        before: number | null;
        max: number;
      },
    ],
    RunRow
  >;

  constructor(database: BetterSqlite.Database) {
    this.#byId = database.prepare(`${joined} where id = ?`);
    this.#leased = database.prepare(
      `select number, request from run where id = ? and owner = ? and epoch = ? and status = 'running'`,
    );
    this.#insert = database.prepare(
      `insert into run (id, definition, name, environment, input, started_by, started_at, status, priority, due,
         resources, epoch, concurrency, parent, parent_key, parent_most)
       values (@id, (select number from definition where digest = @digest), @name, @environment, @input, @startedBy,
         @startedAt, 'ready', @priority, @due, @resources, 0, @concurrency, @parent, @parentKey, @parentMost)`,
    );
    this.#together = database.prepare('select id from run where concurrency = ? and ended_at is null');
    this.#leave = database.prepare(
      'update run set status = ?, due = ?, request = ?, owner = null, lease_until = null, leased_at = null where number = ?',
    );
    this.#end = database.prepare(
      `update run set status = ?, ended_at = ?, output = ?, owner = null, lease_until = null, leased_at = null,
         request = null, due = null where number = ?`,
    );
    this.#ask = database.prepare('update run set request = ? where number = ?');
    this.#hold = database.prepare('update run set held_by = ? where number = ?');
    this.#open = database.prepare(
      'select count(*) as count from run where environment = ? and ended_at is null',
    );
    this.#list = database.prepare(
      `${joined} where (@status is null or status = @status) and (@name is null or name = @name)
         and (@environment is null or environment = @environment) and (@before is null or run.number < @before) order by run.number desc limit @max`,
    );
  }

  find(id: string): RunRow | undefined {
    return this.#byId.get(id);
  }

  /** @throws VigieError NOT_FOUND */
  named(id: string): RunRow {
    const row = this.find(id);
    if (row !== undefined) return row;
    throw new VigieError('NOT_FOUND', `There is no run ${id}.`, {
      hint: trusted`vigie runs list shows them.`,
    });
  }

  /** The run that a lease is for, and what was asked of it. @throws VigieError FENCED */
  leased({ run, worker, epoch }: Lease): { number: number; request?: RunRequest } {
    const row = this.#leased.get(run, worker, epoch);
    if (row !== undefined)
      return { number: row.number, ...(row.request === null ? {} : { request: row.request }) };
    const found = this.find(run);
    throw new VigieError('FENCED', `The run ${run} is not held by ${worker} any more.`, {
      details: { run, epoch, ...(found === undefined ? {} : { status: found.status, held: found.epoch }) },
    });
  }

  insert(run: FreshRun): number {
    return Number(this.#insert.run(run).lastInsertRowid);
  }

  /** Those of one concurrency that have not ended. */
  together(concurrency: string): string[] {
    return this.#together.all(concurrency).map(({ id }) => id);
  }

  /** Nobody holds it from now on. `due`: when it wakes by itself. */
  leave(
    run: number,
    to: {
      status: Extract<RunStatus, 'ready' | 'waiting' | 'paused'>;
      due?: number | undefined;
      request?: RunRequest;
    },
  ): void {
    this.#leave.run(to.status, to.due ?? null, to.request ?? null, run);
  }

  end(run: number, { status, at, output }: { status: RunEnd; at: number; output: string | null }): void {
    this.#end.run(status, at, output, run);
  }

  ask(run: number, request: RunRequest | undefined): void {
    this.#ask.run(request ?? null, run);
  }

  /** As was decided. */
  move(run: number, to: Moved): void {
    if (to.is === 'asked') this.ask(run, to.request);
    else this.leave(run, to);
    if (to.holder !== undefined) this.#hold.run(to.holder.by, run);
  }

  /** @throws VigieError TOO_MANY_RUNS */
  refuseCrowd(environment: string, most: number | undefined): void {
    if (most !== undefined) refuseCrowd(environment, { open: this.#open.get(environment)?.count ?? 0, most });
  }

  list(query: RunQuery): RunRow[] {
    const before = query.before === undefined ? null : this.named(query.before).number;
    return this.#list.all({
      status: query.status ?? null,
      name: query.name ?? null,
      environment: query.environment ?? null,
      before,
      max: query.max,
    });
  }
}
