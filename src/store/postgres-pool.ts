import { callbackify } from 'node:util';
import type { ClientBase, Pool } from 'pg';
import { SettingsDropped } from './postgres-error.ts';
import { type PostgresPlace, tlsOf } from './postgres-place.ts';

/** To connect, or to get one of the connections that are there: as long as SQLite waits for a lock, and a TLS handshake. */
const connectMs = 10_000;
/** An answer that takes longer does not come: the server ends statements and waits of ours before that. */
const answerMs = 15_000;
/** A connection that nobody used for so long is closed. */
const idleMs = 30_000;
/** Of PostgreSQL's eight bytes: what JavaScript would round is refused instead. */
const bigintType = 20;

/**
 * Asked of the server when it connects. Others may make functions and operators in the schema public: none of theirs is
 * looked for. What a statement by itself sees is what was committed before it.
 */
const ownDefaults = '-c search_path=pg_catalog -c default_transaction_isolation=read\\ committed';

/**
 * Connections to a database of PostgreSQL, made as they are asked for; none keeps the process alive. Whole numbers come as
 * numbers. What a role or a database has as its own defaults does not count.
 * `most`: at once. `called`: what administrators see.
 * @throws VigieError STORE where the authorities of TLS cannot be read; each connection SettingsDropped where they are not kept
 */
export async function openPool(
  place: PostgresPlace,
  { most, called }: { most: number; called: string },
): Promise<Pool> {
  const [{ default: pg }, ssl] = await Promise.all([import('pg'), tlsOf(place)]);
  const { host, port, database, user, password } = place;
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl,
    max: most,
    application_name: called,
    options: ownDefaults,
    verify: callbackify(refuseWithoutDefaults),
    connectionTimeoutMillis: connectMs,
    query_timeout: answerMs,
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    allowExitOnIdle: true,
    types: {
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === bigintType ? readWhole : pg.types.getTypeParser(type, format),
    },
  });
  // Of a connection that breaks while nobody uses it: the next one that is asked for is another.
  pool.on('error', () => undefined);
  // Whoever uses it is told by the query; what is said beside that, and heard by nobody, would end the process.
  pool.on('connect', client => client.on('error', () => undefined));
  return pool;
}

/** A pooler that takes the settings of a connection may keep them to itself. */
async function refuseWithoutDefaults(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ search_path: string }>('show search_path');
  if (rows[0]?.search_path !== 'pg_catalog') throw new SettingsDropped();
}

function readWhole(text: string): number {
  const whole = Number(text);
  if (!Number.isSafeInteger(whole)) throw new Error(`the number ${text} cannot be kept exactly`);
  return whole;
}
