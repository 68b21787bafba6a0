// What a PostgreSQL server is asked about itself. Each answers one row with one object, of bounded size; every name is of
// pg_catalog, since the search path of a session that only looks is nothing else. Columns that newer servers have are read
// by way of JSON, so that an older one answers as well.

const mostRows = 20;
const mostNamed = 10;
/** Of a statement: what it is about stands in its beginning. */
const queryChars = 300;
/** Smaller tables are swept in a moment, and their shares say nothing. */
const leastRows = 10_000;
/** Fewer are no average. */
const leastCalls = 5;

/** Begins every question, so that none is counted among the statements of the server's users. */
const mark = 'SELECT /* vigie */';
const seesOthers = `pg_has_role(current_user, 'pg_read_all_stats', 'usage')`;
const written = `(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)`;
const secondsSince = (moment: string): string => `extract(epoch FROM clock_timestamp() - ${moment})::int8`;
const listOf = (rows: string): string => `(SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]') FROM (${rows}) r)`;
const firstOf = (rows: string): string => `(SELECT to_jsonb(r) FROM (${rows} LIMIT 1) r)`;

const session = `pid, usename AS "user", datname AS "database", left(application_name, 63) AS "application"`;
const others = `FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/** Questions by their names. */
const questions = {
  server: `jsonb_build_object('version', current_setting('server_version'), 'role', current_user,
    'database', current_database(), 'standby', pg_is_in_recovery(), 'seesOthers', ${seesOthers})`,

  connections: `jsonb_build_object('max', current_setting('max_connections')::int, 'exact', ${seesOthers},
    'used', CASE WHEN ${seesOthers}
      THEN (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
      ELSE (SELECT sum(numbackends) FROM pg_stat_database) END)`,

  transactions: `jsonb_build_object(
    'oldest', ${firstOf(`SELECT ${session}, ${secondsSince('xact_start')} AS seconds
      ${others} AND xact_start IS NOT NULL ORDER BY xact_start`)},
    'idle', ${firstOf(`SELECT ${session}, ${secondsSince('state_change')} AS seconds
      ${others} AND state LIKE 'idle in transaction%' ORDER BY state_change`)},
    'blocked', (SELECT count(*) ${others} AND wait_event_type = 'Lock'))`,

  replication: `jsonb_build_object(
    'standbys', ${listOf(`SELECT left(application_name, 63) AS name, host(client_addr) AS address, state,
        sync_state AS sync, pg_wal_lsn_diff(${written}, coalesce(replay_lsn, flush_lsn))::int8 AS bytes,
        extract(epoch FROM replay_lag)::float8 AS seconds
      FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY 5 DESC NULLS FIRST LIMIT ${mostRows}`)},
    'receiver', (SELECT status FROM pg_stat_wal_receiver LIMIT 1))`,

  standby: `jsonb_build_object('standby', pg_is_in_recovery(),
    'paused', CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
    'bytes', CASE WHEN pg_is_in_recovery()
      THEN pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::int8 END,
    'seconds', CASE WHEN NOT pg_is_in_recovery() THEN NULL
      WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
      ELSE ${secondsSince('pg_last_xact_replay_timestamp()')} END)`,

  slots: `jsonb_build_object('slots', ${listOf(`SELECT slot_name AS name, active,
      to_jsonb(s) ->> 'wal_status' AS wal, pg_wal_lsn_diff(${written}, restart_lsn)::int8 AS bytes
    FROM pg_replication_slots s WHERE NOT temporary ORDER BY 4 DESC NULLS LAST LIMIT ${mostRows}`)})`,

  tables: `jsonb_build_object('tables', ${listOf(`SELECT schemaname || '.' || relname AS name,
      n_live_tup AS live, n_dead_tup AS dead
    FROM pg_stat_user_tables WHERE n_live_tup + n_dead_tup >= ${leastRows}
    ORDER BY n_live_tup + n_dead_tup DESC LIMIT ${mostRows}`)})`,

  archiver: `(SELECT jsonb_build_object('mode', current_setting('archive_mode'), 'standby', pg_is_in_recovery(),
    'commanded', coalesce(current_setting('archive_command', true), '') NOT IN ('', '(disabled)')
      OR coalesce(current_setting('archive_library', true), '') <> '',
    'archived', archived_count, 'failed', failed_count, 'failedWal', last_failed_wal,
    'seconds', ${secondsSince('last_archived_time')}, 'failedSeconds', ${secondsSince('last_failed_time')},
    'failing', last_failed_time IS NOT NULL
      AND (last_archived_time IS NULL OR last_failed_time > last_archived_time))
    FROM pg_stat_archiver)`,

  wraparound: `jsonb_build_object(
    'xids', ${firstOf('SELECT datname AS name, age(datfrozenxid) AS age FROM pg_database ORDER BY 2 DESC')},
    'multixacts', ${firstOf('SELECT datname AS name, mxid_age(datminmxid) AS age FROM pg_database ORDER BY 2 DESC')})`,

  indexes: `jsonb_build_object('invalid', (SELECT coalesce(jsonb_agg(name), '[]') FROM (
    SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid AND NOT EXISTS (
      SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = indexrelid)
    ORDER BY 1 LIMIT ${mostNamed + 1}) r))`,

  checksums: `(SELECT jsonb_build_object('on', current_setting('data_checksums') = 'on',
    'failures', coalesce(sum(checksum_failures), 0)) FROM pg_stat_database)`,
} as const;

/**
 * Of the extension, in the schema that it was installed in. What is no plain query is not normalised, and may hold a
 * password: SELECT … INTO, which makes a table, begins like one.
 */
const comment = '/[*]([^*]|[*]+[^*/])*[*]+/';
const beginsWith = (words: string): string => `query ~* '^([\\s(]|${comment})*(${words})\\y'`;
const isPlain = `(${beginsWith('insert|update|delete|merge|values')}
  OR (${beginsWith('select|with')} AND query !~* '\\yinto\\y'))`;
const shownQuery = `CASE WHEN ${isPlain} THEN left(query, ${queryChars})
  ELSE coalesce(upper(substring(query FROM '^\\s*([A-Za-z]+)')), '') || ' …' END`;
const statementRow = `SELECT ${shownQuery} AS query, calls, mean_exec_time AS mean, max_exec_time AS max
  FROM :"schema".pg_stat_statements WHERE query NOT LIKE '${mark}%'`;
const statements = `jsonb_build_object('installed', true, 'seesOthers', ${seesOthers},
  'mean', ${listOf(`${statementRow} AND calls >= ${leastCalls} AND ${isPlain}
    ORDER BY mean_exec_time DESC LIMIT 3`)},
  'max', ${firstOf(`${statementRow} ORDER BY max_exec_time DESC`)})`;

export type Question = keyof typeof questions | 'statements';

/**
 * All of it for psql, which goes on after a question that fails. Behind each answer stands a line `@name state`: 00000, or
 * by what SQLSTATE there is none. Nothing comes into it from outside but a schema's name, which psql quotes itself.
 */
export const script: string = [
  ...Object.entries(questions).map(([name, query]) => asked(name, `${mark} ${query};`)),
  `SELECT coalesce((SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements'), '') AS schema \\gset`,
  '\\if :{?schema}',
  `SELECT :'schema' <> '' AS installed \\gset`,
  '\\if :installed',
  asked('statements', `${mark} ${statements};`),
  '\\else',
  asked('statements', `SELECT jsonb_build_object('installed', false);`),
  '\\endif',
  '\\endif',
  '',
].join('\n');

function asked(name: string, statement: string): string {
  return `${statement}\n\\echo @${name} :SQLSTATE`;
}
