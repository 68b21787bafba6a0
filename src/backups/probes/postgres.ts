import {
  type PostgresSettings,
  type PostgresVariables,
  postgresVariables,
} from '../../clients/postgres/connection.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, textOf, textsIn } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { PostgresPhysicalSettings } from '../engines/physical-copy.ts';
import { findPostgres } from '../engines/postgres-server.ts';
import { outputOf } from '../programs.ts';
import { missingPrograms } from './missing-programs.ts';
import type { Lack, Probe, ProbeJob } from './probe.ts';

/** Of relations that may not be read, and of each one's name. */
const mostNamed = 3;
const nameChars = 80;

/** One database by pg_dump. */
export const probePostgres: Probe<PostgresSettings> = {
  async probe(job) {
    const missing = await missingPrograms(job, { programs: ['psql', 'pg_dump'], stops: 'backup' });
    if (missing.length > 0) return { answered: '', lacks: missing };
    const row = await ask(job);
    return {
      answered: answeredBy(row),
      lacks: [
        ...(await tooOld('pg_dump', { job, row })),
        ...unreadable(row),
        ...unfinished(row),
        ...(await missingPrograms(job, { programs: ['pg_restore'], stops: 'drill' })),
        ...(await noServer(job, row)),
      ],
    };
  },
};

/** A whole server by pg_basebackup. */
export const probePostgresPhysical: Probe<PostgresPhysicalSettings> = {
  async probe(job) {
    const missing = await missingPrograms(job, { programs: ['psql', 'pg_basebackup'], stops: 'backup' });
    if (missing.length > 0) return { answered: '', lacks: missing };
    const row = await ask(job);
    return {
      answered: answeredBy(row),
      lacks: [
        ...(await tooOld('pg_basebackup', { job, row })),
        ...(await replication(job)),
        ...standby(job.settings, row),
        ...uncounted(row),
        ...(await missingPrograms(job, { programs: ['tar'], stops: 'drill' })),
        ...(await noServer(job, row)),
      ],
    };
  },
};

function answeredBy(row: JsonObject): string {
  return `PostgreSQL ${majorAndMore(row)} takes us for ${cleanLine(textOf(row, 'user'), nameChars)}`;
}

function majorAndMore(row: JsonObject): string {
  return /^[\d.]+/.exec(textOf(row, 'version'))?.[0] ?? 'of an unknown version';
}

function majorOf(text: string): number {
  return Number(/\d+/.exec(text)?.[0] ?? Number.NaN);
}

async function psql(job: ProbeJob<PostgresSettings>, ...more: string[]): Promise<string> {
  return outputOf(job, {
    argv: ['psql', '-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', ...more],
    ...variablesOf(job),
  });
}

function variablesOf({ settings, secrets }: ProbeJob<PostgresSettings>): PostgresVariables {
  return postgresVariables(settings, secrets);
}

async function ask(job: ProbeJob<PostgresSettings>): Promise<JsonObject> {
  const row: unknown = JSON.parse(await psql(job, '-c', question));
  if (isObject(row)) return row;
  throw new VigieError('BACKUP', `psql on ${job.runner.where} answered no object.`);
}

/** Clients of PostgreSQL refuse a server that is newer than they are. */
async function tooOld(
  program: string,
  { job, row }: { job: ProbeJob<PostgresSettings>; row: JsonObject },
): Promise<Lack[]> {
  const said = await outputOf(job, { argv: [program, '--version'] });
  const client = /\d+(\.\d+)*/.exec(said)?.[0] ?? '';
  if (!(majorOf(client) < majorOf(textOf(row, 'version')))) return [];
  return [
    {
      stops: 'backup',
      what: `${program} ${client} on ${job.runner.where} is older than the server, ${majorAndMore(row)}, and refuses it`,
      todo: "Install the client package of the server's version where the commands of the set run.",
    },
  ];
}

function unreadable(row: JsonObject): Lack[] {
  const names = textsIn(row['unread']);
  if (names.length === 0) return [];
  const named = names.slice(0, mostNamed).map(name => cleanLine(name, nameChars));
  return [
    {
      stops: 'backup',
      what: `the role may not read all of the database: ${named.join(', ')}${names.length > mostNamed ? ' and others' : ''}`,
      todo: 'Grant pg_read_all_data to the role of the set; where tables have row security, BYPASSRLS too.',
    },
  ];
}

/** The copy is whole; what a drill would find gone of it is not known. */
function uncounted(row: JsonObject): Lack[] {
  if (row['readsAll'] === true) return [];
  return [
    {
      stops: 'nothing',
      what: 'the role may not read all tables: of those that it may not, no drill tells whether they came back empty',
      todo: 'Grant pg_read_all_data to the role of the set.',
    },
  ];
}

/** What a restore that was killed left, as far as nobody works in it. */
function unfinished(row: JsonObject): Lack[] {
  return textsIn(row['left']).map(name => ({
    stops: 'nothing',
    what: `database ${cleanLine(name, nameChars)} was left by a restore that did not end, or one that runs just now`,
    todo: 'When no restore runs, drop it: DROP DATABASE, as vigie backups restore says in its warnings.',
  }));
}

/** Asked over such a connection itself: pg_hba.conf has lines of its own for them. */
async function replication(job: ProbeJob<PostgresSettings>): Promise<Lack[]> {
  try {
    await psql(job, '-d', 'replication=true', '-c', 'IDENTIFY_SYSTEM');
    return [];
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'BACKUP') throw error;
    return [
      {
        stops: 'backup',
        what: `no connection for replication: ${error.message}`,
        todo: 'Give the role of the set REPLICATION, and pg_hba.conf a line for replication from there.',
      },
    ];
  }
}

function standby({ slot, marker }: PostgresPhysicalSettings, row: JsonObject): Lack[] {
  if (row['standby'] !== true || (slot === undefined && marker === false)) return [];
  return [
    {
      stops: 'backup',
      what: 'the server is a standby, where neither a slot for WAL nor a marker can be made',
      todo: 'Let the set lead to the primary, or leave slot out of it and say marker: false.',
    },
  ];
}

/** A copy is proven by a server of the source's own major version. */
async function noServer(job: ProbeJob<PostgresSettings>, row: JsonObject): Promise<Lack[]> {
  try {
    await findPostgres(job, majorOf(textOf(row, 'version')));
    return [];
  } catch (error) {
    if (!(error instanceof VigieError) || error.code !== 'NOT_STARTED') throw error;
    return [{ stops: 'drill', what: error.message, todo: error.hint ?? '' }];
  }
}

// What an extension brought is not dumped, and temporary tables are not either.
const question = `SELECT json_build_object('version', current_setting('server_version'), 'user', current_user,
  'standby', pg_is_in_recovery(),
  'readsAll', EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_read_all_data' AND pg_has_role(oid, 'USAGE'))
    OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
  'left', (SELECT coalesce(json_agg(datname ORDER BY datname), '[]') FROM (
    SELECT datname FROM pg_database d WHERE datname ~ '^vigie_new_[0-9a-z]{1,16}$'
      AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid) ORDER BY 1 LIMIT ${mostNamed}) AS these),
  'unread', (SELECT coalesce(json_agg(name), '[]') FROM (
    SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      AND (NOT has_schema_privilege(n.oid, 'USAGE') OR NOT has_table_privilege(c.oid, 'SELECT')
        OR row_security_active(c.oid))
    ORDER BY 1 LIMIT ${mostNamed + 1}) AS those))`;
