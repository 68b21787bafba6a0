import { VigieError } from '../../../core/errors.ts';
import type { Lease, RunEnd, RunQuery, RunRequest, RunStatus } from '../../../core/journal.ts';
import { trusted } from '../../../core/trusted-text.ts';
import { type Moved, refuseCrowd } from '../decide.ts';
import type { RunRow } from '../run-row.ts';
import { given, kept } from './kept-text.ts';
import { type Clock, now, type Sql } from './sql.ts';

/** The columns of a RunRow. A float8 holds each of these numbers, and comes as a number. */
const columns = `run.number::float8 as number, id, digest, name, environment, input, started_by,
  started_at::float8 as started_at, status, resources, owner, epoch::float8 as epoch, request, held_by, concurrency, parent,
  parent_key, parent_most, ended_at::float8 as ended_at, output`;

/** Rows of runs, with nothing said of which. `more`: further columns. */
export function selectRuns(more = ''): string {
  return `select ${columns}${more} from vigie_runs.run join vigie_runs.definition on definition.number = run.definition`;
}

/** As the rest of Vigie knows it, but for its concurrency, which stays the kept key. */
export function rowGiven(row: RunRow): RunRow {
  return {
    ...row,
    id: given(row.id),
    digest: given(row.digest),
    name: given(row.name),
    environment: given(row.environment),
    owner: row.owner === null ? null : given(row.owner),
    parent: row.parent === null ? null : given(row.parent),
    parent_key: row.parent_key === null ? null : given(row.parent_key),
  };
}

/** `locked`: nobody else changes it until the end of the turn. */
export async function findRun(
  sql: Sql,
  id: string,
  { locked }: { locked: boolean } = { locked: false },
): Promise<RunRow | undefined> {
  const { rows } = await sql.query<RunRow>(
    `${selectRuns()} where run.id = $1 ${locked ? 'for update of run' : ''}`,
    [kept(id)],
  );
  return rows[0] === undefined ? undefined : rowGiven(rows[0]);
}

/** @throws VigieError NOT_FOUND */
export async function namedRun(
  sql: Sql,
  id: string,
  { locked }: { locked: boolean } = { locked: true },
): Promise<RunRow> {
  const row = await findRun(sql, id, { locked });
  if (row !== undefined) return row;
  throw new VigieError('NOT_FOUND', `There is no run ${id}.`, {
    hint: trusted`vigie runs list shows them.`,
  });
}

/** The run that a lease is for, which nobody takes over until the end of the turn. @throws VigieError FENCED */
export async function leasedRun(sql: Sql, lease: Lease): Promise<RunRow> {
  const row = await findRun(sql, lease.run, { locked: true });
  if (row?.status === 'running' && row.owner === lease.worker && row.epoch === lease.epoch) return row;
  throw fenced(lease, row);
}

export function fenced(
  { run, worker, epoch }: Lease,
  found: { status: string; epoch: number } | undefined,
): VigieError {
  return new VigieError('FENCED', `The run ${run} is not held by ${worker} any more.`, {
    details: { run, epoch, ...(found === undefined ? {} : { status: found.status, held: found.epoch }) },
  });
}

/** Nobody holds it from now on. `due`: when it wakes by itself. */
export async function leaveRun(
  sql: Sql,
  run: number,
  to: {
    status: Extract<RunStatus, 'ready' | 'waiting' | 'paused'>;
    due?: number | undefined;
    request?: RunRequest;
  },
): Promise<void> {
  await sql.query(
    `update vigie_runs.run set status = $2, due = $3, request = $4, owner = null, lease_until = null, leased_at = null
     where number = $1`,
    [run, to.status, to.due ?? null, to.request ?? null],
  );
}

export async function endRun(
  sql: Sql,
  run: number,
  end: { status: RunEnd; output: string | null; clock: Clock },
): Promise<void> {
  await sql.query(
    `update vigie_runs.run set status = $3, ended_at = ${now}, output = $4, owner = null, lease_until = null,
       leased_at = null, request = null, due = null where number = $2`,
    [end.clock(), run, end.status, end.output],
  );
}

async function askOfRun(sql: Sql, run: number, request: RunRequest | undefined): Promise<void> {
  await sql.query('update vigie_runs.run set request = $2 where number = $1', [run, request ?? null]);
}

/** As was decided. */
export async function moveRun(sql: Sql, run: number, to: Moved): Promise<void> {
  if (to.is === 'asked') await askOfRun(sql, run, to.request);
  else await leaveRun(sql, run, to);
  if (to.holder !== undefined)
    await sql.query('update vigie_runs.run set held_by = $2 where number = $1', [run, to.holder.by]);
}

/** @throws VigieError TOO_MANY_RUNS */
export async function refuseCrowdIn(sql: Sql, environment: string, most: number | undefined): Promise<void> {
  if (most === undefined) return;
  const { rows } = await sql.query<{ open: number }>(
    'select count(*)::float8 as open from vigie_runs.run where environment = $1 and ended_at is null',
    [kept(environment)],
  );
  refuseCrowd(environment, { open: rows[0]?.open ?? 0, most });
}

export async function listRuns(sql: Sql, query: RunQuery): Promise<RunRow[]> {
  const { status, name, environment, before, max } = query;
  const from = before === undefined ? null : (await namedRun(sql, before, { locked: false })).number;
  const { rows } = await sql.query<RunRow>(
    `${selectRuns()} where ($1::text is null or status = $1) and ($2::text is null or name = $2)
       and ($3::bigint is null or run.number < $3) and ($5::text is null or environment = $5)
     order by run.number desc limit $4`,
    [
      status ?? null,
      name === undefined ? null : kept(name),
      from,
      max,
      environment === undefined ? null : kept(environment),
    ],
  );
  return rows.map(rowGiven);
}
