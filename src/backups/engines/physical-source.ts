import { VigieError } from '../../core/errors.ts';
import { textOf, textsIn } from '../../core/json.ts';
import type { PhysicalJob } from './physical-copy.ts';
import type { PsqlSession } from './psql-session.ts';

/** The server that is copied, as its own catalogue tells of it. */
export interface Server {
  system: string;
  /** Its oldest, which initdb made. */
  superuser: string;
  /** The segment that is being written. */
  current?: string;
  timeline: string;
  version: string;
  segmentBytes: number;
  databases: string[];
}

/** @throws VigieError BACKUP for a standby, where WAL cannot be copied from */
export async function askServer(session: PsqlSession, { settings: { slot } }: PhysicalJob): Promise<Server> {
  const row =
    await session.ask(`SELECT json_build_object('system', (SELECT system_identifier::text FROM pg_control_system()),
    'timeline', (SELECT lpad(upper(to_hex(timeline_id)), 8, '0') FROM pg_control_checkpoint()),
    'version', current_setting('server_version'), 'databases', (${databases}),
    'superuser', (SELECT rolname FROM pg_roles WHERE rolsuper ORDER BY oid LIMIT 1),
    'current', CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_lsn()) END,
    'segment', (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'), 'standby', pg_is_in_recovery())`);
  if (row['standby'] === true && slot !== undefined)
    throw new VigieError(
      'BACKUP',
      'The server is a standby: WAL for a point in time is copied from the primary.',
      {
        hint: 'Let the set lead to the primary, or leave slot and marker out of it.',
      },
    );
  return {
    system: textOf(row, 'system'),
    superuser: textOf(row, 'superuser'),
    ...(typeof row['current'] === 'string' ? { current: row['current'] } : {}),
    timeline: textOf(row, 'timeline'),
    version: textOf(row, 'version'),
    segmentBytes: Number(textOf(row, 'segment')),
    databases: textsIn(row['databases']),
  };
}

const databases = `SELECT json_agg(datname ORDER BY datname) FROM pg_database WHERE NOT datistemplate`;

/**
 * The marker is a transaction of its own, so it is in every copy that begins after it and in the WAL behind it. Any role
 * may change its own settings: nothing has to be granted, and no table is touched.
 */
export async function writeMarker(session: PsqlSession, { settings, name }: PhysicalJob): Promise<string> {
  // Before it: a recovery to a moment ends at the first transaction after it, so there must be one.
  const at = textOf(await session.ask(`SELECT json_build_object('at', clock_timestamp())`), 'at');
  if (settings.marker === false) return at;
  session.tell(`ALTER ROLE CURRENT_USER SET application_name = 'vigie ${name.copy}';`);
  await session.ask(`SELECT json_build_object('ok', 1)`);
  return at;
}
