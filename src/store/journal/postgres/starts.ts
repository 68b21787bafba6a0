import { VigieError } from '../../../core/errors.ts';
import type { NewRun } from '../../../core/journal.ts';
import { besideOthers, cancelled, forked } from '../decide.ts';
import type { FreshRun } from '../runs.ts';
import { given, kept, keptKey } from './kept-text.ts';
import { findRun, moveRun, namedRun, refuseCrowdIn } from './runs.ts';
import { type Clock, now, type Sql } from './sql.ts';
import { copySteps } from './steps.ts';
import { copyTargets } from './targets.ts';

/** A run as it begins; its start is when it is written. */
export type RunToStart = Omit<FreshRun, 'startedAt'>;
export type Mode = NonNullable<NewRun['concurrency']>['mode'] | undefined;

export async function putDefinition(sql: Sql, digest: string, source: string): Promise<void> {
  await sql.query(
    'insert into vigie_runs.definition (digest, source) values ($1, $2) on conflict do nothing',
    [kept(digest), kept(source)],
  );
}

export async function findDefinition(sql: Sql, digest: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ source: string }>(
    'select source from vigie_runs.definition where digest = $1',
    [kept(digest)],
  );
  return rows[0] === undefined ? undefined : given(rows[0].source);
}

export async function startRun(
  sql: Sql,
  fresh: RunToStart,
  { mode, mostOpen, clock }: { mode: Mode; mostOpen?: number | undefined; clock: Clock },
): Promise<'started' | 'exists' | 'skipped'> {
  await mustHave(sql, fresh.digest);
  if ((await findRun(sql, fresh.id)) !== undefined) return 'exists';
  const concurrency = fresh.concurrency === null ? null : keptKey(fresh.concurrency);
  const others = concurrency === null || mode === 'queue' ? [] : await together(sql, concurrency);
  const { begins, cancels } = besideOthers(mode, others);
  if (!begins) return 'skipped';
  await refuseCrowdIn(sql, fresh.environment, mostOpen);
  for (const other of cancels) {
    const row = await namedRun(sql, other);
    await moveRun(sql, row.number, cancelled(row));
  }
  await insertRun(sql, { fresh: { ...fresh, concurrency }, clock });
  return 'started';
}

export async function tickMoment(
  sql: Sql,
  { schedule, at }: { schedule: string; at: number },
): Promise<boolean> {
  const { rows } = await sql.query(
    'insert into vigie_runs.tick (schedule, at) values ($1, $2) on conflict do nothing returning at',
    [keptKey(schedule), at],
  );
  return rows.length > 0;
}

export async function lastTick(sql: Sql, schedule: string, until: number): Promise<number | undefined> {
  const { rows } = await sql.query<{ at: number | null }>(
    'select max(at)::float8 as at from vigie_runs.tick where schedule = $1 and at <= $2',
    [keptKey(schedule), until],
  );
  return rows[0]?.at ?? undefined;
}

export async function forkRun(
  sql: Sql,
  run: string,
  more: {
    id: string;
    keep: readonly string[];
    startedBy: string;
    digest?: string;
    mostOpen?: number;
    clock: Clock;
  },
): Promise<void> {
  const row = await namedRun(sql, run);
  const fresh = forked(row, more);
  const { keep, mostOpen, clock } = more;
  await mustHave(sql, fresh.digest);
  if ((await findRun(sql, fresh.id)) !== undefined) return;
  await refuseCrowdIn(sql, fresh.environment, mostOpen);
  const to = await insertRun(sql, { fresh, clock });
  await copySteps(sql, { from: row.number, to, paths: keep });
  await copyTargets(sql, { from: row.number, to, paths: keep });
}

/** `concurrency`: as it is kept. */
async function insertRun(sql: Sql, { fresh, clock }: { fresh: RunToStart; clock: Clock }): Promise<number> {
  const { rows } = await sql.query<{ number: number }>(
    `insert into vigie_runs.run (started_at, id, definition, name, environment, input, started_by, status, priority, due,
       resources, epoch, concurrency, parent, parent_key, parent_most)
     select ${now}, $2, number, $4, $5, $6, $7, 'ready', $8, $9, $10, 0, $11, $12, $13, $14
     from vigie_runs.definition where digest = $3 returning number::float8 as number`,
    [
      clock(),
      kept(fresh.id),
      kept(fresh.digest),
      kept(fresh.name),
      kept(fresh.environment),
      fresh.input,
      fresh.startedBy,
      fresh.priority,
      fresh.due,
      fresh.resources,
      fresh.concurrency,
      fresh.parent === null ? null : kept(fresh.parent),
      fresh.parentKey === null ? null : kept(fresh.parentKey),
      fresh.parentMost,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`the run ${fresh.id} was not written`);
  return row.number;
}

/** Those of one concurrency that have not ended. */
async function together(sql: Sql, concurrency: string): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    'select id from vigie_runs.run where concurrency = $1 and ended_at is null',
    [concurrency],
  );
  return rows.map(({ id }) => given(id));
}

/** @throws VigieError NOT_FOUND */
async function mustHave(sql: Sql, digest: string): Promise<void> {
  const { rows } = await sql.query('select 1 from vigie_runs.definition where digest = $1', [kept(digest)]);
  if (rows.length > 0) return;
  throw new VigieError('NOT_FOUND', `There is no definition ${digest} in the journal.`);
}
