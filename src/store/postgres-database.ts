import { HandleEmptyInListsPlugin, Kysely, replaceWithNoncontingentExpression, sql } from 'kysely';
import type { Pool } from 'pg';
import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';
import { Database } from './database.ts';
import { LockedPostgres } from './postgres-dialect.ts';
import { readServerFacts } from './postgres-facts.ts';
import { type PostgresPlace, readPostgresUrl } from './postgres-place.ts';
import { openPool } from './postgres-pool.ts';
import type { Tables } from './tables.ts';

/** The oldest that our tests run on. */
const oldestVersion = 15;
/** Of one process: a page of the audit, a list and a waiting question at once. */
const readers = 3;

/** Our tables lie in a schema of their own: what else is in the database stays apart from them. */
const schema = 'vigie';

/** @throws VigieError STORE: not reachable, too old, not in UTF-8, or what its user may not do */
export async function openPostgres(url: string): Promise<Database> {
  const place = readPostgresUrl(url);
  const pool = await openPool(place, { most: 1, called: 'vigie' });
  const others = await openPool(place, { most: readers, called: 'vigie' });
  const reading = queriesOver({ place, pool: others, others });
  const database = new Database({
    name: place.name,
    schema,
    server: now => readServerFacts(reading, { place, now }),
    reading,
    writing: queriesOver({ place, pool, others }),
    translate: error => error,
  });
  try {
    await refuseUnfit(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

function queriesOver(connections: { place: PostgresPlace; pool: Pool; others: Pool }): Kysely<Tables> {
  // SQLite takes an empty list, which nothing is in.
  const emptyLists = new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression });
  const dialect = new LockedPostgres(connections);
  return new Kysely<Tables>({ dialect, plugins: [emptyLists] }).withSchema(schema);
}

async function refuseUnfit(database: Database): Promise<void> {
  const facts = await database.read(async db => {
    const { rows } = await sql<{ version: string; encoding: string }>`select
      current_setting('server_version_num') as version, current_setting('server_encoding') as encoding`.execute(
      db,
    );
    return rows[0];
  });
  const version = Math.floor(Number(facts?.version) / 10_000);
  if (version < oldestVersion)
    throw unfit(database, `it is PostgreSQL ${version}, and ${oldestVersion} is the oldest that does`);
  if (facts?.encoding !== 'UTF8') throw unfit(database, `its encoding is ${facts?.encoding}, and not UTF8`);
}

function unfit({ name }: Database, why: string): VigieError {
  return new VigieError('STORE', `The store (${name}) cannot be used: ${why}.`, {
    hint: trusted`Let the URL lead to a database of PostgreSQL ${oldestVersion} or newer, in UTF8.`,
  });
}
