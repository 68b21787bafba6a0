import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { StorePlace } from '../../src/store/database.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { RealPostgres } from '../integrations/support/postgres.ts';
import { newDatabase, storeServer } from '../support/store-server.ts';
import { sampleKeys } from './sample-store.ts';

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vigie-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Where a store of a test's own is, and what somebody does there who goes round Vigie. */
interface TemporaryPlace {
  place: StorePlace;
  /** The same as the processes under processes/ are told it. */
  word: string;
  /** Statements of another hand, one after the other. */
  tamper: (statements: string) => void;
  /** What it takes on disk. */
  bytes: () => number;
  /** As on a full disk: a table takes no row, until what this gives is called. */
  refuseRows: (table: string) => () => void;
}

/** A new file; on PostgreSQL a new database, where this file of tests runs on one. */
export async function temporaryPlace(): Promise<TemporaryPlace> {
  const server = storeServer();
  return server === undefined
    ? newFile(join(await temporaryFolder(), 'new', 'vigie.db'))
    : newPostgres(server);
}

function newFile(file: string): TemporaryPlace {
  const tamper = (statements: string) => {
    const other = new Sqlite(file);
    other.exec(statements);
    other.close();
  };
  return {
    place: { file },
    word: file,
    tamper,
    bytes: () => {
      // Of WAL the main file has had whatever was folded into it.
      tamper('pragma wal_checkpoint(TRUNCATE)');
      return statSync(file).size;
    },
    refuseRows: table => {
      tamper(`create trigger full before insert on ${table} begin select raise(abort, 'no room'); end`);
      return () => tamper('drop trigger full');
    },
  };
}

function newPostgres(server: RealPostgres): TemporaryPlace {
  const { url, sql } = newDatabase(server);
  const tamper = (statements: string) => void sql(`set search_path = vigie; ${statements}`);
  return {
    place: { postgres: url },
    word: url,
    tamper,
    bytes: () =>
      Number(
        sql(
          "select sum(pg_total_relation_size(oid)) from pg_class where relnamespace = 'vigie'::regnamespace and relkind = 'r'",
        ),
      ),
    refuseRows: table => {
      tamper(`alter table ${table} add constraint "full" check (false) not valid`);
      return () => tamper(`alter table ${table} drop constraint "full"`);
    },
  };
}

/** A store of its own, and a clock that only the test moves. */
export async function openTemporary(): Promise<
  TemporaryPlace & {
    store: Store;
    /** Of SQLite. */
    file: string;
    clock: { at: Date; advance(ms: number): void };
  }
> {
  const at = await temporaryPlace();
  const clock = {
    at: new Date('2026-11-21T10:00:00Z'),
    advance(ms: number) {
      this.at = new Date(this.at.getTime() + ms);
    },
  };
  const store = await openStore({ ...at.place, keys: sampleKeys, now: () => clock.at });
  onTestFinished(() => store.close());
  return { ...at, store, file: 'file' in at.place ? at.place.file : '', clock };
}
