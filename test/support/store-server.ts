import { onTestFinished } from 'vitest';
import { type RealPostgres, startPostgres } from '../integrations/support/postgres.ts';

// One server for a file of tests, and an empty database of its own for each that asks. The suite of the store runs twice: as it
// is, on files; and once more, from on-postgres.test.ts, which starts a server first.

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

/** A database of PostgreSQL for one test. */
export function newDatabase(on: RealPostgres): { url: string; sql: (text: string) => string } {
  const used = free.pop();
  if (used === undefined) made++;
  const name = used ?? `store${made}`;
  if (used === undefined) on.sql(`create database ${name} encoding 'UTF8' template template0`);
  else on.sql('drop schema if exists vigie, vigie_runs, vigie_dbos cascade', name);
  onTestFinished(() => void free.push(name));
  return {
    url: `postgres://${on.user}:${on.password}@${on.host}:${on.port}/${name}`,
    sql: text => on.sql(text, name),
  };
}
