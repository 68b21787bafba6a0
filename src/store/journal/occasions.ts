import type BetterSqlite from 'better-sqlite3';
import {
  aheadMs,
  type Begun,
  dismissMs,
  isWithin,
  type Occasion,
  occasionMs,
  type StartedAlike,
  type Storm,
} from '../../core/journal.ts';
import type { FreshRun, Runs } from './runs.ts';
import type { Mode, Starts } from './starts.ts';
import {
  allPlaybooks,
  type Bounds,
  heldIn,
  type OccasionRow,
  overBounds,
  type StormRow,
  stormOf,
} from './storms.ts';

/** What from outside has started a run, is over, or was held back. */
export class Occasions {
  readonly #runs: Runs;
  readonly #starts: Starts;
  readonly #find: BetterSqlite.Statement<[string, string, string], OccasionRow>;
  readonly #note: BetterSqlite.Statement<
    [string, string, string, string | null, number | null, number | null, number]
  >;
  readonly #like: BetterSqlite.Statement<[string, string, string], { run: string; started_at: number }>;
  readonly #noteLike: BetterSqlite.Statement<[string, string, string, string, number]>;
  readonly #counted: BetterSqlite.Statement<
    [{ environment: string; name: string; since: number; until: number }],
    { ofName: number; inEnvironment: number }
  >;
  readonly #storm: BetterSqlite.Statement<[string, string], StormRow>;
  readonly #noteStorm: BetterSqlite.Statement<[StormRow]>;
  readonly #storms: BetterSqlite.Statement<[], StormRow>;
  readonly #forget: BetterSqlite.Statement<[number]>;
  readonly #forgetLike: BetterSqlite.Statement<[number]>;

  constructor(database: BetterSqlite.Database, { runs, starts }: { runs: Runs; starts: Starts }) {
    this.#runs = runs;
    this.#starts = starts;
    this.#find = database.prepare(
      'select run, held_since, seen_at from occasion where environment = ? and name = ? and what = ?',
    );
    this.#note = database.prepare(
      `insert into occasion (environment, name, what, run, counted_at, held_since, seen_at) values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set run = excluded.run, counted_at = excluded.counted_at,
         held_since = excluded.held_since, seen_at = excluded.seen_at`,
    );
    this.#like = database.prepare(
      'select run, started_at from likeness where environment = ? and name = ? and text = ?',
    );
    this.#noteLike = database.prepare(
      `insert into likeness (environment, name, text, run, started_at) values (?, ?, ?, ?, ?)
       on conflict do update set run = excluded.run, started_at = excluded.started_at`,
    );
    this.#counted = database.prepare(
      `select count(*) as inEnvironment, count(*) filter (where name = @name) as ofName
       from occasion where environment = @environment and counted_at > @since and counted_at <= @until`,
    );
    this.#storm = database.prepare('select * from storm where environment = ? and name = ?');
    this.#noteStorm = database.prepare(
      `insert into storm (environment, name, since, last, held) values (@environment, @name, @since, @last, @held)
       on conflict do update set since = excluded.since, last = excluded.last, held = excluded.held`,
    );
    this.#storms = database.prepare('select * from storm order by last desc, environment, name');
    this.#forget = database.prepare('delete from occasion where seen_at < ?');
    this.#forgetLike = database.prepare('delete from likeness where started_at < ?');
  }

  begin(occasion: Occasion, { fresh, mode }: { fresh: FreshRun; mode: Mode }): Begun {
    const { what, like, storm } = occasion;
    const { environment, name, id, startedAt: now } = fresh;
    this.#forget.run(now - occasionMs);
    this.#forgetLike.run(now - occasionMs);
    const dismissed = this.#find.get(environment, allPlaybooks, what);
    if (dismissed !== undefined && isWithin(dismissed.seen_at, { now, ms: dismissMs })) return { is: 'over' };
    const known = this.#find.get(environment, name, what);
    if (known !== undefined && known.run !== null) return { is: 'exists', run: known.run };
    const before = like === undefined ? undefined : this.#like.get(environment, name, like.text);
    if (like !== undefined && before !== undefined) {
      const run = this.#runs.find(before.run);
      if (run !== undefined && run.ended_at === null) return { is: 'exists', run: run.id };
      const until = before.started_at + like.coolMs;
      if (isWithin(before.started_at, { now, ms: like.coolMs })) return { is: 'cooling', until };
    }
    const over = storm === undefined ? undefined : this.#overBounds(storm, { environment, name, now });
    if (storm !== undefined && over !== undefined)
      return this.#hold({ what, heldSince: known?.held_since ?? undefined }, { over, storm, fresh });
    const started = this.#starts.start(fresh, { mode });
    if (started === 'skipped') return { is: 'skipped' };
    this.#note.run(environment, name, what, id, storm === undefined ? null : now, null, now);
    if (like !== undefined) this.#noteLike.run(environment, name, like.text, id, now);
    return started === 'exists' ? { is: 'exists', run: id } : { is: 'started' };
  }

  dismiss({ what, environment }: { what: string; environment: string }, now: number): void {
    this.#note.run(environment, allPlaybooks, what, null, null, null, now);
  }

  newestAlike({
    environment,
    name,
    text,
  }: {
    environment: string;
    name: string;
    text: string;
  }): StartedAlike | undefined {
    const found = this.#like.get(environment, name, text);
    if (found === undefined) return undefined;
    const run = this.#runs.find(found.run);
    return {
      run: found.run,
      startedAt: found.started_at,
      goesOn: run !== undefined && run.ended_at === null,
    };
  }

  storms(): Storm[] {
    return this.#storms.all().map(stormOf);
  }

  #overBounds(
    bounds: Bounds,
    { environment, name, now }: { environment: string; name: string; now: number },
  ): string | undefined {
    const since = now - bounds.withinMs;
    const counted = this.#counted.get({ environment, name, since, until: now + aheadMs });
    return counted === undefined ? undefined : overBounds(bounds, { name, ...counted });
  }

  #hold(
    { what, heldSince }: { what: string; heldSince: number | undefined },
    { over, storm, fresh }: { over: string; storm: Bounds; fresh: FreshRun },
  ): Begun {
    const { environment, name, startedAt: now } = fresh;
    const { withinMs } = storm;
    const found = this.#storm.get(environment, over);
    const { row, first } = heldIn(found, { environment, name: over, now, withinMs, heldSince });
    this.#noteStorm.run(row);
    this.#note.run(environment, name, what, null, null, row.since, now);
    return { is: 'held', storm: stormOf(row), first };
  }
}
