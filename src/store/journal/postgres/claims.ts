import type { ClaimedRun, Lease, RunRequest } from '../../../core/journal.ts';
import { claimOf, type RunRow, resourcesOf } from '../run-row.ts';
import { given, kept } from './kept-text.ts';
import { rowGiven, selectRuns } from './runs.ts';
import { roomOf, takeSlots, wakeFor } from './slots.ts';
import { type Clock, now, type Sql } from './sql.ts';
import { stepsOf } from './steps.ts';

/** Runs that are looked at in one go; those before them may all be blocked. */
const page = 200;

/**
 * A lease is over when its time is, and when it was given later than it lasts from now: then the clock went back since, and
 * whoever lives has renewed it by the new one.
 */
const isLost = `status = 'running' and (lease_until <= ${now} or 2 * leased_at - lease_until > ${now})`;
const isDue = `status = 'waiting' and due <= ${now}`;
const isReady = `status = 'ready' and (due is null or due <= ${now})`;

/** A lease, whoever has it. */
export type LeaseOfRun = Pick<Lease, 'run' | 'epoch'>;

interface Candidate extends RunRow {
  priority: number;
  behind: boolean;
}

/** Whether there may be anything to claim; asked before anybody else is kept waiting. */
export async function mayClaim(sql: Sql, clock: Clock): Promise<boolean> {
  const { rows } = await sql.query<{ some: boolean }>(
    `select exists (select 1 from vigie_runs.run where ${isReady}) or exists (select 1 from vigie_runs.run where ${isDue})
       or exists (select 1 from vigie_runs.run where ${isLost}) as some`,
    [clock()],
  );
  return rows[0]?.some === true;
}

/** What a claim is for. */
export interface ClaimOrder {
  max: number;
  leaseMs: number;
  /** That run and those that it called. */
  only?: string;
}

/** The rows that are now this worker's. */
export async function claimRuns(
  sql: Sql,
  worker: string,
  { max, leaseMs, only, clock }: ClaimOrder & { clock: Clock },
): Promise<RunRow[]> {
  await freeLost(sql, clock);
  const taken: Candidate[] = [];
  // What an earlier run waits for is not given to a later one, or a run with many resources would never start.
  const wanted = new Set<string>();
  let last: Candidate | undefined;
  while (taken.length < max) {
    const rows = await candidates(sql, { clock, only, after: last });
    const room = await roomOf(sql, rows.flatMap(resourcesOf));
    for (const row of rows) {
      last = row;
      if (taken.length === max) break;
      const resources = resourcesOf(row);
      if (row.behind || !resources.every(each => !wanted.has(each) && room.has(each, row.number))) {
        for (const resource of resources) wanted.add(resource);
        continue;
      }
      for (const resource of resources) room.take(resource, row.number);
      taken.push(row);
    }
    if (rows.length < page) break;
  }
  if (taken.length === 0) return [];
  await takeSlots(
    sql,
    taken.flatMap(row => resourcesOf(row).map(resource => ({ run: row.number, resource }))),
  );
  await sql.query(
    `update vigie_runs.run set status = 'running', owner = $2, epoch = epoch + 1, leased_at = ${now},
       lease_until = ${now} + $3, due = null where number = any($4::bigint[])`,
    [clock(), kept(worker), leaseMs, taken.map(({ number }) => number)],
  );
  return taken.map(row => ({
    ...rowGiven(row),
    owner: worker,
    epoch: row.epoch + 1,
    status: 'running',
  }));
}

/** What workers that are gone held is free, and what was to wake by itself is awake. */
async function freeLost(sql: Sql, clock: Clock): Promise<void> {
  const { rows } = await sql.query<{ resource: string }>(
    `with freed as (
       update vigie_runs.run set status = 'ready', due = null, owner = null, lease_until = null, leased_at = null
       where number in (select number from vigie_runs.run where ${isLost} for update skip locked) returning number)
     delete from vigie_runs.slot where run in (select number from freed) returning resource`,
    [clock()],
  );
  await wakeFor(
    sql,
    rows.map(({ resource }) => resource),
  );
  await sql.query(
    `update vigie_runs.run set status = 'ready', due = null
     where number in (select number from vigie_runs.run where ${isDue} for update skip locked)`,
    [clock()],
  );
}

/** One that somebody touches just now is left for the next time. */
async function candidates(
  sql: Sql,
  { clock, only, after }: { clock: Clock; only: string | undefined; after: Candidate | undefined },
): Promise<Candidate[]> {
  const family = `with recursive family (id) as (
    select $5::text union select run.id from vigie_runs.run join family on run.parent = family.id)`;
  const { rows } = await sql.query<Candidate>(
    `${only === undefined ? '' : family} ${selectRuns(`, priority, concurrency is not null and exists (
         select 1 from vigie_runs.run as other where other.concurrency = run.concurrency
         and other.number < run.number and other.ended_at is null) as behind`)}
     where ${isReady} ${only === undefined ? 'and $5::text is null' : 'and run.id in (select id from family)'}
       and ($2::int is null or priority < $2 or (priority = $2 and run.number > $3))
     order by priority desc, run.number limit $4 for update of run skip locked`,
    [clock(), after?.priority ?? null, after?.number ?? null, page, only === undefined ? null : kept(only)],
  );
  return rows;
}

/** The row of a run that is another's from now on, who may have claimed it for just that. Undefined: nobody has it under that lease. */
export async function adoptRun(
  sql: Sql,
  lease: Lease,
  { worker, leaseMs, clock }: { worker: string; leaseMs: number; clock: Clock },
): Promise<RunRow | undefined> {
  const { rows } = await sql.query<RunRow>(
    `with adopted as (
       update vigie_runs.run set owner = $2, leased_at = ${now}, lease_until = ${now} + $3
       where id = $4 and owner = $5 and epoch = $6 and status = 'running' returning number)
     ${selectRuns()} where run.number in (select number from adopted)`,
    [clock(), kept(worker), leaseMs, kept(lease.run), kept(lease.worker), lease.epoch],
  );
  return rows[0] === undefined ? undefined : rowGiven(rows[0]);
}

/** Which of these leases somebody has, be it the one that they were made for or who adopted its run. */
export async function heldLeases(sql: Sql, leases: readonly LeaseOfRun[]): Promise<LeaseOfRun[]> {
  const { rows } = await sql.query<{ place: number }>(
    `select lease.place::int as place from unnest($1::text[], $2::bigint[]) with ordinality as lease (run, epoch, place)
     join vigie_runs.run on run.id = lease.run and run.epoch = lease.epoch and run.status = 'running'`,
    [leases.map(({ run }) => kept(run)), leases.map(({ epoch }) => epoch)],
  );
  return rows.flatMap(({ place }) => leases[place - 1] ?? []);
}

/** Which of these are still their worker's, with what was asked of them. In the order of their rows, so that no two wait for each other. */
export async function renewLeases(
  sql: Sql,
  leases: readonly Lease[],
  { leaseMs, clock }: { leaseMs: number; clock: Clock },
): Promise<{ lease: Lease; request?: RunRequest }[]> {
  if (leases.length === 0) return [];
  const { rows } = await sql.query<{ id: string; epoch: number; request: RunRequest | null }>(
    `with held as (
       select run.number from unnest($3::text[], $4::text[], $5::bigint[]) as lease (run, owner, epoch)
       join vigie_runs.run on run.id = lease.run and run.owner = lease.owner and run.epoch = lease.epoch
         and run.status = 'running'
       order by run.number for no key update of run)
     update vigie_runs.run set leased_at = ${now}, lease_until = ${now} + $2
     where number in (select number from held) returning id, epoch::float8 as epoch, request`,
    [
      clock(),
      leaseMs,
      leases.map(({ run }) => kept(run)),
      leases.map(({ worker }) => kept(worker)),
      leases.map(({ epoch }) => epoch),
    ],
  );
  const found = new Map(rows.map(row => [`${row.epoch} ${given(row.id)}`, row]));
  return leases.flatMap(lease => {
    const row = found.get(`${lease.epoch} ${lease.run}`);
    if (row === undefined) return [];
    return [{ lease, ...(row.request === null ? {} : { request: row.request }) }];
  });
}

/** Runs that a worker has claimed, with what is recorded of them. */
export async function claimedOf(sql: Sql, worker: string, rows: readonly RunRow[]): Promise<ClaimedRun[]> {
  const steps = await stepsOf(
    sql,
    rows.map(({ number }) => number),
  );
  return rows.map(row => ({ ...claimOf(row, worker), steps: steps.get(row.number) ?? [] }));
}
