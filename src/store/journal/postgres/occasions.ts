import {
  aheadMs,
  type Begun,
  dismissMs,
  isWithin,
  type Occasion,
  occasionMs,
  type StartedAlike,
  type Storm,
} from '../../../core/journal.ts';
import {
  allPlaybooks,
  type Bounds,
  heldIn,
  type OccasionRow,
  overBounds,
  type StormRow,
  stormOf,
} from '../storms.ts';
import { given, kept, keptKey } from './kept-text.ts';
import { findRun } from './runs.ts';
import { type Clock, now, type Sql } from './sql.ts';
import { type Mode, type RunToStart, startRun } from './starts.ts';

/** Whose occasion it is, as both are kept. */
interface Place {
  environment: string;
  name: string;
}

const stormColumns = 'environment, name, since::float8 as since, last::float8 as last, held';

/** Starts a run for what came from outside, or says why not. @throws VigieError NOT_FOUND */
export async function beginRun(
  sql: Sql,
  { what: told, like, storm }: Occasion,
  { fresh, mode, clock }: { fresh: RunToStart; mode: Mode; clock: Clock },
): Promise<Begun> {
  const place = { environment: kept(fresh.environment), name: kept(fresh.name) };
  const what = keptKey(told);
  const at = await momentOf(sql, clock);
  await sql.query('delete from vigie_runs.occasion where seen_at < $1', [at - occasionMs]);
  await sql.query('delete from vigie_runs.likeness where started_at < $1', [at - occasionMs]);
  const dismissed = await find(sql, { ...place, name: allPlaybooks }, what);
  if (dismissed !== undefined && isWithin(dismissed.seen_at, { now: at, ms: dismissMs }))
    return { is: 'over' };
  const known = await find(sql, place, what);
  if (known !== undefined && known.run !== null) return { is: 'exists', run: given(known.run) };
  const before = like === undefined ? undefined : await findLike(sql, place, keptKey(like.text));
  if (like !== undefined && before !== undefined) {
    const run = await findRun(sql, given(before.run));
    if (run !== undefined && run.ended_at === null) return { is: 'exists', run: run.id };
    const until = before.started_at + like.coolMs;
    if (isWithin(before.started_at, { now: at, ms: like.coolMs })) return { is: 'cooling', until };
  }
  const over = storm === undefined ? undefined : await boundsOver(sql, storm, { place, at });
  if (storm !== undefined && over !== undefined)
    return hold(sql, { what, place, heldSince: known?.held_since ?? undefined }, { over, storm, at });
  const started = await startRun(sql, fresh, { mode, clock });
  if (started === 'skipped') return { is: 'skipped' };
  const run = kept(fresh.id);
  await note(sql, place, { what, run, countedAt: storm === undefined ? null : at, heldSince: null, at });
  if (like !== undefined)
    await sql.query(
      `insert into vigie_runs.likeness (environment, name, text, run, started_at) values ($1, $2, $3, $4, $5)
       on conflict (environment, name, text) do update set run = excluded.run, started_at = excluded.started_at`,
      [place.environment, place.name, keptKey(like.text), run, at],
    );
  return started === 'exists' ? { is: 'exists', run: fresh.id } : { is: 'started' };
}

export async function dismissOccasion(
  sql: Sql,
  { what, environment }: { what: string; environment: string },
  clock: Clock,
): Promise<void> {
  const at = await momentOf(sql, clock);
  await note(
    sql,
    { environment: kept(environment), name: allPlaybooks },
    { what: keptKey(what), run: null, countedAt: null, heldSince: null, at },
  );
}

export async function listStorms(sql: Sql): Promise<Storm[]> {
  const { rows } = await sql.query<StormRow>(
    `select ${stormColumns} from vigie_runs.storm order by storm.last desc, environment, name`,
  );
  return rows.map(givenStorm);
}

/** One statement, so that a run and its end are of one moment. */
export async function findAlike(
  sql: Sql,
  { environment, name, text }: { environment: string; name: string; text: string },
): Promise<StartedAlike | undefined> {
  const { rows } = await sql.query<{ run: string; startedAt: number; goesOn: boolean }>(
    `select likeness.run, likeness.started_at::float8 as "startedAt",
       run.id is not null and run.ended_at is null as "goesOn"
     from vigie_runs.likeness left join vigie_runs.run on run.id = likeness.run
     where likeness.environment = $1 and likeness.name = $2 and likeness.text = $3`,
    [kept(environment), kept(name), keptKey(text)],
  );
  const [found] = rows;
  return found === undefined ? undefined : { ...found, run: given(found.run) };
}

/** The journal's own clock. */
async function momentOf(sql: Sql, clock: Clock): Promise<number> {
  const { rows } = await sql.query<{ at: number }>(`select ${now}::float8 as at`, [clock()]);
  return rows[0]?.at ?? 0;
}

async function find(sql: Sql, { environment, name }: Place, what: string): Promise<OccasionRow | undefined> {
  const { rows } = await sql.query<OccasionRow>(
    `select run, held_since::float8 as held_since, seen_at::float8 as seen_at from vigie_runs.occasion
     where environment = $1 and name = $2 and what = $3`,
    [environment, name, what],
  );
  return rows[0];
}

async function findLike(
  sql: Sql,
  { environment, name }: Place,
  text: string,
): Promise<{ run: string; started_at: number } | undefined> {
  const { rows } = await sql.query<{ run: string; started_at: number }>(
    `select run, started_at::float8 as started_at from vigie_runs.likeness
     where environment = $1 and name = $2 and text = $3`,
    [environment, name, text],
  );
  return rows[0];
}

async function note(
  sql: Sql,
  { environment, name }: Place,
  row: {
    what: string;
    run: string | null;
    countedAt: number | null;
    heldSince: number | null;
    at: number;
  },
): Promise<void> {
  await sql.query(
    `insert into vigie_runs.occasion (environment, name, what, run, counted_at, held_since, seen_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (environment, name, what) do update set run = excluded.run, counted_at = excluded.counted_at,
       held_since = excluded.held_since, seen_at = excluded.seen_at`,
    [environment, name, row.what, row.run, row.countedAt, row.heldSince, row.at],
  );
}

async function boundsOver(
  sql: Sql,
  bounds: Bounds,
  { place, at }: { place: Place; at: number },
): Promise<string | undefined> {
  const { rows } = await sql.query<{ ofName: number; inEnvironment: number }>(
    `select count(*)::int as "inEnvironment", count(*) filter (where name = $2)::int as "ofName"
     from vigie_runs.occasion where environment = $1 and counted_at > $3 and counted_at <= $4`,
    [place.environment, place.name, at - bounds.withinMs, at + aheadMs],
  );
  const [counted] = rows;
  return counted === undefined ? undefined : overBounds(bounds, { name: place.name, ...counted });
}

async function hold(
  sql: Sql,
  { what, place, heldSince }: { what: string; place: Place; heldSince: number | undefined },
  { over, storm, at }: { over: string; storm: Bounds; at: number },
): Promise<Begun> {
  const { environment } = place;
  const { rows } = await sql.query<StormRow>(
    `select ${stormColumns} from vigie_runs.storm where environment = $1 and name = $2`,
    [environment, over],
  );
  const { withinMs } = storm;
  const { row, first } = heldIn(rows[0], { environment, name: over, now: at, withinMs, heldSince });
  await sql.query(
    `insert into vigie_runs.storm (environment, name, since, last, held) values ($1, $2, $3, $4, $5)
     on conflict (environment, name) do update set since = excluded.since, last = excluded.last, held = excluded.held`,
    [row.environment, row.name, row.since, row.last, row.held],
  );
  await note(sql, place, { what, run: null, countedAt: null, heldSince: row.since, at });
  return { is: 'held', storm: givenStorm(row), first };
}

function givenStorm(row: StormRow): Storm {
  return stormOf({ ...row, environment: given(row.environment), name: given(row.name) });
}
