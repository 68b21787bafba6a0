import type BetterSqlite from 'better-sqlite3';
import { VigieError } from '../../core/errors.ts';

// One number a run and one a definition stand for their names in every other table: a run that waits for a week costs a
// few hundred bytes, and there may be ten thousand of them.

const migrations: readonly string[] = [
  `create table definition (
    number integer primary key, digest text not null unique, source text not null
  ) strict;
  create table run (
    number integer primary key, id text not null unique, definition integer not null references definition,
    name text not null, environment text not null, input text not null, started_by text not null,
    started_at integer not null, status text not null, priority integer not null, due integer,
    resources text, owner text, epoch integer not null, leased_at integer, lease_until integer, request text,
    concurrency text, parent text, parent_key text, ended_at integer, output text
  ) strict;
  create index run_ready on run (priority desc, number) where status = 'ready';
  create index run_running on run (lease_until) where status = 'running';
  create index run_due on run (due) where status = 'waiting' and due is not null;
  create index run_together on run (concurrency, number) where concurrency is not null and ended_at is null;
  create table step (
    run integer not null, path text not null, attempt integer not null, state text not null,
    output text, error text, at integer not null, primary key (run, path, attempt)
  ) strict, without rowid;
  create table wait (
    run integer not null, path text not null, kind text not null, key text not null, until integer,
    primary key (run, path, kind, key)
  ) strict, without rowid;
  create index wait_slot on wait (key) where kind = 'slot';
  create table message (
    number integer primary key, run integer not null, key text not null, id text not null, payload text,
    unique (run, id)
  ) strict;
  create table slot (resource text not null, run integer not null, primary key (resource, run)) strict, without rowid;
  create index slot_of_run on slot (run);
  create table resource_limit (resource text primary key, most integer not null) strict, without rowid;
  create table tick (
    schedule text not null, at integer not null, primary key (schedule, at)
  ) strict, without rowid;`,
  `create table occasion (
    environment text not null, name text not null, what text not null, run text, counted_at integer, held_since integer,
    seen_at integer not null, primary key (environment, name, what)
  ) strict, without rowid;
  create index occasion_counted on occasion (environment, counted_at) where counted_at is not null;
  create index occasion_seen on occasion (seen_at);
  create table likeness (
    environment text not null, name text not null, text text not null, run text not null, started_at integer not null,
    primary key (environment, name, text)
  ) strict, without rowid;
  create index likeness_started on likeness (started_at);
  create table storm (
    environment text not null, name text not null, since integer not null, last integer not null, held integer not null,
    primary key (environment, name)
  ) strict, without rowid;`,
  `alter table run add column parent_most integer;
  create table target (
    run integer not null, path text not null, object text not null, primary key (run, path, object)
  ) strict, without rowid;`,
  `alter table run add column held_by text;
  create index run_open on run (environment) where ended_at is null;`,
];

/** Brings the tables of a journal up to this version. @throws VigieError STORE for one that a newer Vigie wrote */
export function migrateJournal(database: BetterSqlite.Database): void {
  if (versionOf(database) === migrations.length) return;
  database
    .transaction(() => {
      const found = versionOf(database);
      if (found > migrations.length)
        throw new VigieError(
          'STORE',
          `The journal ${database.name} was written by a newer Vigie (schema ${found}; this one knows ${migrations.length}).`,
          { hint: 'Use the newer vigie, or another VIGIE_HOME.' },
        );
      for (const migration of migrations.slice(found)) database.exec(migration);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}

function versionOf(database: BetterSqlite.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}
