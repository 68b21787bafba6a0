import type { Pool, PoolClient } from 'pg';
import { VigieError } from '../../../core/errors.ts';

// As in the file of SQLite, a number stands for each run and each definition in every other table. Names of people and
// things are kept texts (kept-text.ts); what is JSON needs no such writing.

/** Between processes that open the same database for the first time at once. */
const migrationLock = 7_194_611_201;

const migrations: readonly string[] = [
  `create function vigie_runs.clock(given bigint) returns bigint language sql volatile
     as $$ select coalesce(given, floor(extract(epoch from clock_timestamp()) * 1000)::bigint) $$;
  create table vigie_runs.definition (
    number bigint generated always as identity primary key, digest text not null unique, source text not null
  );
  create table vigie_runs.run (
    number bigint generated always as identity primary key, id text not null unique,
    definition bigint not null references vigie_runs.definition,
    name text not null, environment text not null, input text not null, started_by text not null,
    started_at bigint not null, status text not null, priority integer not null, due bigint,
    resources text, owner text, epoch bigint not null, leased_at bigint, lease_until bigint, request text,
    concurrency text, parent text, parent_key text, ended_at bigint, output text
  ) with (fillfactor = 70);
  create index run_ready on vigie_runs.run (priority desc, number) where status = 'ready';
  create index run_running on vigie_runs.run (number) where status = 'running';
  create index run_due on vigie_runs.run (due) where status = 'waiting' and due is not null;
  create index run_together on vigie_runs.run (concurrency, number) where concurrency is not null and ended_at is null;
  create index run_parent on vigie_runs.run (parent) where parent is not null;
  create table vigie_runs.step (
    run bigint not null, path text collate "C" not null, attempt integer not null, state text not null,
    output text, error text, at bigint not null, primary key (run, path, attempt)
  );
  create table vigie_runs.wait (run bigint not null, path text not null, kind text not null, key text not null, until bigint);
  create index wait_of_run on vigie_runs.wait (run);
  create index wait_slot on vigie_runs.wait (key) where kind = 'slot';
  create table vigie_runs.message (
    number bigint generated always as identity primary key, run bigint not null, key text not null, id text not null,
    payload text, unique (run, id)
  );
  create table vigie_runs.slot (resource text not null, run bigint not null, primary key (resource, run));
  create index slot_of_run on vigie_runs.slot (run);
  create table vigie_runs.resource_limit (resource text primary key, most integer not null);
  create table vigie_runs.tick (schedule text not null, at bigint not null, primary key (schedule, at));
  create table vigie_runs.occasion (
    environment text not null, name text not null, what text not null, run text, counted_at bigint, held_since bigint,
    seen_at bigint not null, primary key (environment, name, what)
  );
  create index occasion_counted on vigie_runs.occasion (environment, counted_at) where counted_at is not null;
  create index occasion_seen on vigie_runs.occasion (seen_at);
  create table vigie_runs.likeness (
    environment text not null, name text not null, text text not null, run text not null, started_at bigint not null,
    primary key (environment, name, text)
  );
  create index likeness_started on vigie_runs.likeness (started_at);
  create table vigie_runs.storm (
    environment text not null, name text not null, since bigint not null, last bigint not null, held integer not null,
    primary key (environment, name)
  );`,
  `alter table vigie_runs.run add column parent_most integer;
  create table vigie_runs.target (
    run bigint not null, path text collate "C" not null, object text collate "C" not null,
    primary key (run, path, object)
  );`,
  `alter table vigie_runs.run add column held_by text;
  create index run_open on vigie_runs.run (environment) where ended_at is null;`,
];

/** Brings the tables of a journal up to this version. @throws VigieError STORE for one that a newer Vigie wrote */
export async function migrateJournal(pool: Pool, name: string): Promise<void> {
  // Whoever only uses the tables need not be allowed to make any.
  if ((await versionOf(pool)) === migrations.length) return;
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(
      `begin; set local lock_timeout = '10s'; select pg_advisory_xact_lock(${migrationLock})`,
    );
    const { rows } = await client.query<{ there: boolean }>(
      "select to_regnamespace('vigie_runs') is not null as there",
    );
    // Where somebody made it for a role that may make none.
    if (rows[0]?.there !== true) await client.query('create schema vigie_runs');
    await client.query('create table if not exists vigie_runs.migrated (version integer primary key)');
    const found = await versionOf(client);
    if (found > migrations.length)
      throw new VigieError(
        'STORE',
        `The journal in ${name} was written by a newer Vigie (schema ${found}; this one knows ${migrations.length}).`,
        { hint: 'Use the newer vigie, or another database.' },
      );
    for (const [index, migration] of migrations.entries()) {
      if (index < found) continue;
      await client.query(migration);
      await client.query('insert into vigie_runs.migrated values ($1)', [index + 1]);
    }
    await client.query('commit');
    broken = false;
  } finally {
    client.release(broken);
  }
}

async function versionOf(on: Pool | PoolClient): Promise<number> {
  const there = await on.query<{ there: boolean }>(
    `select to_regclass('vigie_runs.migrated') is not null as there`,
  );
  if (there.rows[0]?.there !== true) return 0;
  const { rows } = await on.query<{ version: number }>(
    'select coalesce(max(version), 0) as version from vigie_runs.migrated',
  );
  return rows[0]?.version ?? 0;
}
