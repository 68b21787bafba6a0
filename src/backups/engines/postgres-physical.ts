import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, type Gunzip, type Gzip } from 'node:zlib';
import {
  type PostgresSettings,
  type PostgresVariables,
  postgresVariables,
} from '../../clients/postgres/connection.ts';
import type { ContentItem, Contents, Manifest } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { textOf, textsIn } from '../../core/json.ts';
import type { Dumped, DumpJob, Engine, InspectJob, RestoreJob, Scratch, ScratchJob } from '../engine.ts';
import { outputOf, streamOf } from '../programs.ts';
import { copiedField } from './copied-field.ts';
import {
  askPostgres,
  findPostgres,
  ownedBy,
  type ScratchPostgres,
  startPostgres,
  words,
} from './postgres-server.ts';
import { PsqlSession } from './psql-session.ts';
import { literal } from './quoted-sql.ts';
import { segmentFrom, segmentsBetween, startOf } from './wal-segments.ts';

// A copy is either a whole server by pg_basebackup, with the WAL that makes it consistent, or the WAL since the copy
// before it. A replication slot holds WAL back on the server until it lies in a finished copy: it is moved on by the run
// after the one that stored it, by what the destination's newest manifest says. So a run that dies loses nothing, and no
// run needs a disk: segments are read by SQL and go on while they come.

/** A whole PostgreSQL server, as a set of backups names it. */
export interface PostgresPhysicalSettings extends PostgresSettings {
  /** The replication slot that holds WAL for the next run; made by the first. Absent: whole copies only, no point in time. */
  slot?: string;
  /** After so many hours a run copies the whole server again. Absent: a day. */
  baseEveryHours?: number;
  /** False: nothing is written to the source. Absent: the marker is a setting of the set's own role. */
  marker?: boolean;
}

const basePart = 'base.tar.gz';
const walSuffix = '.gz';
const baseEveryHours = 24;
/** To write a last checkpoint. */
const stopMs = 60_000;
/** WAL is for going to disk soon, not for saving the last byte. */
const level = 1;

export const postgresPhysical: Engine<PostgresPhysicalSettings, ScratchPostgres> = {
  name: 'postgres-physical',
  programs: {
    dump: ['pg_basebackup', 'psql'],
    restore: ['postgres', 'pg_ctl', 'pg_verifybackup', 'tar', 'psql'],
  },
  pointInTime: {
    possible: true,
    how: 'to any transaction between the end of a whole copy and the newest WAL copied after it',
  },

  async dump(job): Promise<Dumped> {
    const to = postgresVariables(job.settings, job.secrets);
    const session = await PsqlSession.open(job.runner, {
      ...to,
      signal: job.signal,
      deadlineMs: job.deadlineMs,
    });
    try {
      session.tell('SET search_path = pg_catalog; SET standard_conforming_strings = on;');
      const server = await askServer(session, job);
      const markedAt = await writeMarker(session, job);
      const wal = await nextWal(session, { job, server });
      const dumping = { job, to, session, server, wal, markedAt };
      const dumped = await (wal.segments === undefined ? dumpBase(dumping) : dumpWal(dumping));
      await session.end();
      return dumped;
    } catch (error) {
      await session.leave();
      throw error;
    }
  },

  async scratch(job: ScratchJob<PostgresPhysicalSettings>): Promise<Scratch<ScratchPostgres>> {
    const major = /^\d+/.exec(job.manifest.tools['postgres'] ?? '')?.[0];
    const programs = await findPostgres(job, major === undefined ? undefined : Number(major));
    const target = await ownedBy(job, {
      ...programs,
      folder: job.folder,
      data: `${job.folder}/data`,
      superuser: job.manifest.source['superuser'] ?? 'postgres',
    });
    return {
      target,
      shown: `PostgreSQL ${programs.version} on a socket in a temporary folder`,
      // The call may have been stopped: what was started must end all the same.
      end: async () => {
        const within = { runner: job.runner, signal: new AbortController().signal, deadlineMs: stopMs };
        const argv = words(target, 'pg_ctl', '-D', target.data, '-m', 'fast', '-s', 'stop');
        await outputOf(within, { argv, folder: target.folder }).catch(() => undefined);
      },
    };
  },

  async restore(job: RestoreJob<ScratchPostgres>): Promise<void> {
    const { copy, target } = job;
    const { needs = [] } = copy.manifest;
    const chain = [...(await Promise.all(needs.map(each => copy.older(each)))), copy];
    const [base, ...after] = chain;
    if (base === undefined || base.manifest.source['kind'] !== 'base')
      throw new VigieError(
        'BACKUP',
        `Copy ${copy.manifest.copy} does not lead back to a copy of the whole server.`,
      );
    job.progress(`Unpacking ${base.manifest.copy}`);
    await outputOf(job, {
      argv: shell(
        target,
        'umask 077; mkdir "$1" "$2" && exec tar -xzf - -C "$1"',
        target.data,
        walFolder(target),
      ),
      stdin: base.open(basePart),
      folder: target.folder,
    });
    job.progress('Checking every file against the manifest of pg_basebackup');
    await outputOf(job, { argv: words(target, 'pg_verifybackup', '-q', target.data), folder: target.folder });
    for (const each of after)
      for (const { name } of each.manifest.parts)
        await outputOf(job, {
          argv: shell(
            target,
            'umask 077; cat > "$1"',
            `${walFolder(target)}/${name.slice(0, -walSuffix.length)}`,
          ),
          stdin: through(createGunzip(), each.open(name)),
          folder: target.folder,
        });
    job.progress('Replaying WAL');
    await writeRecovery(job);
    await startPostgres(job, target, {
      recovers: true,
      // Whoever may connect, and how large it is to be, is the source's own affair.
      more: [`config_file=${target.folder}/server.conf`, `hba_file=${target.folder}/hba.conf`],
    });
  },

  // Nothing is called here that the copy could have another meaning for: its catalogue is whatever its superusers made it.
  async inspect(job: InspectJob<ScratchPostgres>): Promise<Contents> {
    const ask = async (sql: string): Promise<string[]> => {
      const said = await askPostgres(job, job.target, { database: 'postgres', sql: `${plainTimes} ${sql};` });
      return said.split('\n').filter(line => line !== '');
    };
    const [at] = await ask('SELECT pg_catalog.pg_last_xact_replay_timestamp()');
    const names = await ask('SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate');
    const settings = await ask('SELECT setconfig FROM pg_catalog.pg_db_role_setting');
    const markers = settings.flatMap(each =>
      [...each.matchAll(markerPattern)].map(([, marker = '']) => marker),
    );
    const marker = markers.find(each => each === job.expected.marker) ?? markers.toSorted().at(-1);
    return {
      how: 'marker',
      at:
        at === undefined
          ? job.expected.at
          : new Date(at.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString(),
      items: itemsOf(names.toSorted()),
      ...(marker === undefined ? {} : { marker }),
    };
  },
};

const plainTimes = "SET DateStyle = ISO; SET TimeZone = 'UTC';";

const markerPattern = /application_name=vigie ([0-9A-Za-z-]+)/gu;

const databases = `SELECT json_agg(datname ORDER BY datname) FROM pg_database WHERE NOT datistemplate`;

interface Server {
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

async function askServer(session: PsqlSession, { settings: { slot } }: Job): Promise<Server> {
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

type Job = DumpJob<PostgresPhysicalSettings>;

/**
 * The marker is a transaction of its own, so it is in every copy that begins after it and in the WAL behind it. Any role
 * may change its own settings: nothing has to be granted, and no table is touched.
 */
async function writeMarker(session: PsqlSession, { settings, name }: Job): Promise<string> {
  // Before it: a recovery to a moment ends at the first transaction after it, so there must be one.
  const at = textOf(await session.ask(`SELECT json_build_object('at', clock_timestamp())`), 'at');
  if (settings.marker === false) return at;
  session.tell(`ALTER ROLE CURRENT_USER SET application_name = 'vigie ${name.copy}';`);
  await session.ask(`SELECT json_build_object('ok', 1)`);
  return at;
}

/** What of the WAL comes after the newest copy. */
interface NextWal {
  /** The last segment that lies in a copy, where that copy can be gone on from. */
  after?: string;
  /** Segments that this run copies. Absent: it copies the whole server. */
  segments?: readonly string[];
}

async function nextWal(
  session: PsqlSession,
  { job, server }: { job: Job; server: Server },
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

const baseOptions = '-D - -Ft -X fetch -c fast -w --manifest-checksums=SHA256'.split(' ');
const copyOptions = '-X -q -w -v ON_ERROR_STOP=1 -c'.split(' ');

interface Dumping {
  job: Job;
  to: PostgresVariables;
  session: PsqlSession;
  server: Server;
  wal: NextWal;
  markedAt: string;
}

async function dumpBase({ job, to, session, server, wal }: Dumping): Promise<Dumped> {
  job.progress('Copying the whole server');
  const bytes = streamOf(job, {
    // WAL that the copy needs comes at its end; a second connection that streams it cannot go to stdout.
    argv: ['pg_basebackup', ...baseOptions, '-Z', String(level)],
    ...to,
  });
  await job.sink.put(basePart, bytes);
  const at = textOf(await session.ask(`SELECT json_build_object('now', now())`), 'now');
  // WAL goes on where it ended, over the copies of the whole server: each moment lies in some copy.
  const last =
    wal.after ??
    (server.current === undefined ? undefined : segmentFrom(server.current, -1, server.segmentBytes));
  const follows = job.settings.slot === undefined || last === undefined ? {} : { wal: last };
  const baseAt = new Date(at).toISOString();
  return described({ job, server, at: baseAt, facts: { kind: 'base', baseAt, ...follows } });
}

async function dumpWal({ job, to, server, wal, markedAt }: Dumping): Promise<Dumped> {
  const { segments = [] } = wal;
  const { previous } = job;
  for (const [index, name] of segments.entries()) {
    job.progress(`Copying WAL ${name} (${index + 1} of ${segments.length})`);
    const read = streamOf(job, {
      argv: [
        'psql',
        ...copyOptions,
        `COPY (SELECT pg_read_binary_file('pg_wal/${name}')) TO STDOUT (FORMAT binary)`,
      ],
      ...to,
    });
    await job.sink.put(`${name}${walSuffix}`, through(createGzip({ level }), copiedField(read)));
  }
  const { baseAt = '' } = previous?.source ?? {};
  const last = segments.at(-1) ?? '';
  const dumped = described({
    job,
    server,
    at: new Date(markedAt).toISOString(),
    facts: { kind: 'wal', baseAt, wal: last },
  });
  return {
    ...dumped,
    needs: [...(previous?.needs ?? []), ...(previous === undefined ? [] : [previous.copy])],
  };
}

function described(of: { job: Job; server: Server; at: string; facts: Record<string, string> }): Dumped {
  const { settings, name, runner } = of.job;
  const { system, superuser, timeline, version } = of.server;
  const { host: server = 'its socket' } = settings;
  return {
    contents: {
      how: 'marker',
      at: of.at,
      items: itemsOf(of.server.databases),
      ...(settings.marker === false ? {} : { marker: name.copy }),
    },
    source: { ...of.facts, system, superuser, timeline, server, where: runner.where },
    tools: { postgres: version },
  };
}

/**
 * The source's own settings are put aside: they name files of its machine, and its archive is not to be written to. It
 * ends where WAL ends, or at the moment that was asked for, which PostgreSQL itself refuses to miss.
 */
async function writeRecovery({ target, pointInTime, ...step }: RestoreJob<ScratchPostgres>): Promise<void> {
  const settings = [
    `restore_command = 'cp "${walFolder(target)}/%f" "%p"'`,
    `recovery_target_timeline = 'current'`,
    // Nobody reads meanwhile, so it need not be as large as its source.
    'hot_standby = off',
    // Functions of indexes run while tables are looked through, and subscriptions take what is another's: neither begins here.
    'autovacuum = off',
    'max_logical_replication_workers = 0',
    `max_prepared_transactions = ${preparedTransactions}`,
    ...(pointInTime === undefined
      ? []
      : [`recovery_target_time = '${timeText(pointInTime)}'`, `recovery_target_action = 'promote'`]),
  ];
  await outputOf(step, {
    argv: shell(target, recoveryScript, target.data, target.folder, `${settings.join('\n')}\n`),
    folder: target.folder,
  });
}

/** Settings are read before the server knows any abbreviation of a time zone, Z among them. */
function timeText(moment: Date): string {
  return moment.toISOString().replace('T', ' ').replace('Z', '+00');
}

/** As many as a source may have left open; they are kept. */
const preparedTransactions = 500;

const recoveryScript = `
umask 077
cd "$1" || exit 1
rm -f standby.signal recovery.signal
[ ! -e postgresql.auto.conf ] || mv postgresql.auto.conf postgresql.auto.conf.source
: > postgresql.auto.conf
: > recovery.signal
printf '%s' "$3" > "$2/server.conf"
echo 'local all all trust' > "$2/hba.conf"`;

/** A script as the user that the server runs as. */
function shell({ as }: ScratchPostgres, script: string, ...more: string[]): [string, ...string[]] {
  const [first = 'sh', ...rest] = [...as, 'sh', '-c', script, 'sh', ...more];
  return [first, ...rest];
}

function walFolder({ folder }: ScratchPostgres): string {
  return `${folder}/wal`;
}

/** Bytes on their way through gzip. @throws VigieError BACKUP for what is no gzip, and what `bytes` throw */
async function* through(gzip: Gzip | Gunzip, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  pipeline(bytes, gzip).catch(() => undefined);
  const unpacked: AsyncIterable<Uint8Array> = gzip;
  try {
    yield* unpacked;
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw new VigieError('BACKUP', 'Compressed WAL cannot be unpacked.', { cause: error });
  }
}

function itemsOf(names: readonly string[]): ContentItem[] {
  return names.map(name => ({ name: `database ${name}`, count: 1 }));
}
