import type { Manifest } from '../../core/copy.ts';
import { textOf, textsIn } from '../../core/json.ts';
import type { PhysicalJob, PostgresPhysicalSettings } from './physical-copy.ts';
import type { Server } from './physical-source.ts';
import type { PsqlSession } from './psql-session.ts';
import { literal } from './quoted-sql.ts';
import { segmentFrom, segmentsBetween, startOf } from './wal-segments.ts';

const baseEveryHours = 24;

/** What of the WAL comes after the newest copy. */
export interface NextWal {
  /** The last segment that lies in a copy, where that copy can be gone on from. */
  after?: string;
  /** Segments that this run copies. Absent: it copies the whole server. */
  segments?: readonly string[];
}

/** Moves the slot on to where the newest copy ends, and says what a run has to copy. */
export async function nextWal(
  session: PsqlSession,
  { job, server }: { job: PhysicalJob; server: Server },
): Promise<NextWal> {
  const { settings, previous } = job;
  if (settings.slot === undefined) return {};
  const slot = literal(settings.slot);
  await session.ask(`SELECT json_build_object('made', (SELECT (pg_create_physical_replication_slot(${slot}, true)).slot_name
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ${slot})))`);
  const after = previous?.source['wal'];
  if (previous === undefined || after === undefined || !continues(previous, server)) return {};
  const first = segmentFrom(after, 1, server.segmentBytes);
  const start = startOf(first, server.segmentBytes);
  // What lies in a finished copy, the server need not hold any longer.
  await session.ask(`SELECT json_build_object('moved', (SELECT (pg_replication_slot_advance(slot_name, '${start}')).end_lsn
    FROM pg_replication_slots WHERE slot_name = ${slot} AND restart_lsn < '${start}'))`);
  const row = await session.ask(`SELECT json_build_object('last', pg_walfile_name(pg_switch_wal()),
    'there', (SELECT json_agg(name) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name >= '${first}'))`);
  const segments = segmentsBetween(first, textOf(row, 'last'), server.segmentBytes);
  const there = new Set(textsIn(row['there']));
  if (segments.length === 0 || !segments.every(each => there.has(each))) {
    job.progress('WAL since the last copy is no longer on the server: the whole server is copied');
    return {};
  }
  return isOld(previous, job.settings) ? { after } : { after, segments };
}

/** Whether WAL of this server goes on where that copy ends: it is the same, and was not another's standby meanwhile. */
function continues({ source: { system, timeline } }: Manifest, server: Server): boolean {
  return system === server.system && timeline === server.timeline;
}

function isOld({ source: { baseAt = '' } }: Manifest, settings: PostgresPhysicalSettings): boolean {
  const hours = (Date.now() - Date.parse(baseAt)) / 3_600_000;
  return !(hours < (settings.baseEveryHours ?? baseEveryHours));
}
