import { onTestFinished } from 'vitest';
import { type RealPostgres, startPostgres } from '../integrations/support/postgres.ts';

// One server for a file of tests, and an empty database of its own for each that asks. Suites about the store run twice: as
// they are, on files; and once more, from an on-postgres.test.ts, which starts a server first.

let server: RealPostgres | undefined;
let made = 0;
/** Whose test is over. */
const free: string[] = [];

/** From here on stores are made on a PostgreSQL server of this file's. */
export async function startStoreServer(): Promise<RealPostgres> {
  server ??= await startPostgres();
  return server;
}

export function endStoreServer(): void {
  server?.close();
  server = undefined;
  free.length = 0;
}

export function storeServer(): RealPostgres | undefined {
  return server;
}

interface TestDatabase {
  url: string;
  /** Statements of a superuser. */
  sql: (text: string) => string;
}

/** A database of PostgreSQL for one test. */
export function newDatabase(on: RealPostgres): TestDatabase {
  const { free: giveBack, ...database } = takeDatabase(on);
  onTestFinished(giveBack);
  return database;
}

/** One that is another's again when it is given back. */
export function takeDatabase(on: RealPostgres): TestDatabase & { free: () => void } {
  const used = free.pop();
  if (used === undefined) made++;
  const name = used ?? `store${made}`;
  if (used === undefined) on.sql(`create database ${name} encoding 'UTF8' template template0`);
  else on.sql('drop schema if exists vigie, vigie_runs, vigie_dbos cascade', name);
  return {
    free: () => void free.push(name),
    url: `postgres://${on.user}:${on.password}@${on.host}:${on.port}/${name}`,
    sql: text => on.sql(text, name),
  };
}
