import { type Kysely, sql } from 'kysely';
import { isLoopback, type PostgresPlace } from './postgres-place.ts';
import type { Tables } from './tables.ts';

/** What a person should know of the server that keeps the store. */
export interface ServerFacts {
  /** The server's own word: `15.18`. */
  version: string;
  /** The way to it: within this machine, by TLS whose certificate is checked, by TLS that nobody checks, or in the open. */
  way: 'loopback' | 'verified' | 'unverified' | 'plain';
  /** Whether what it confirmed outlives a power cut. */
  keeps: boolean;
  /** Whether every login of the server may connect to the database, and so take locks there that ours wait for. */
  anybody: boolean;
  /** How far its clock is ahead of this machine's; below zero: behind. Off by half the way there and back at most. */
  aheadMs: number;
}

interface Row {
  version: string;
  fsync: string;
  encrypted: boolean | null;
  anybody: boolean;
  now: string;
}

export async function readServerFacts(
  db: Kysely<Tables>,
  { place, now }: { place: PostgresPlace; now: () => Date },
): Promise<ServerFacts> {
  const [asked, sent] = [now().getTime(), performance.now()];
  const { rows } = await sql<Row>`select
    current_setting('server_version') as version,
    current_setting('fsync') as fsync,
    has_database_privilege('public', current_database(), 'connect') as anybody,
    (select ssl from pg_stat_ssl where pid = pg_backend_pid()) as encrypted,
    (extract(epoch from clock_timestamp()) * 1000)::bigint::text as now`.execute(db);
  const middle = asked + (performance.now() - sent) / 2;
  const row = rows[0];
  return {
    // Debian's goes on with its package.
    version: row?.version.split(' ')[0] ?? 'unknown',
    way: wayOf(place, row?.encrypted === true),
    keeps: row?.fsync === 'on',
    anybody: row?.anybody === true,
    aheadMs: Math.round(Number(row?.now) - middle),
  };
}

function wayOf({ host, mode, caFile }: PostgresPlace, encrypted: boolean): ServerFacts['way'] {
  if (!encrypted) return isLoopback(host) ? 'loopback' : 'plain';
  return mode === 'require' && caFile === undefined ? 'unverified' : 'verified';
}
