import type { PostgresVariables } from '../../clients/postgres/connection.ts';
import type { ContentItem } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import { objectsIn, textOf } from '../../core/json.ts';
import type { EngineJob } from '../engine.ts';
import { plainSpelling } from './postgres-contents.ts';
import { PsqlSession } from './psql-session.ts';
import { identifier } from './quoted-sql.ts';

// A whole server goes on while it is copied, and no snapshot is there to count in. So rows are looked at before and after:
// a table that held some at both times, and lost none of them in between, holds some in the copy.

/** How much is looked at: nobody may wait for it, and the largest tables come first. */
export interface Glance {
  /** Tables, of all databases together. */
  tables: number;
  /** Rows of each: more are not counted. */
  rows: number;
}

interface Table {
  rows: number;
  /** Since the server's counters began. */
  deleted: number;
  /** The file it lies in: another one after it was emptied at once, or written anew. */
  file: string;
}

/** What was seen at one time; tables by their database and name. */
export interface RowsSeen {
  tables: ReadonlyMap<string, Table>;
  /** Tables past the bound, and those that the role may not read. */
  left: number;
}

/** Of one database: of tables that go meanwhile, or are locked. What is left then is not looked at. */
const mostFailures = 5;

/** Looks at the tables of these databases; one that does not let the role in is passed over. */
export async function seeRows(
  job: Pick<EngineJob, 'runner' | 'signal' | 'deadlineMs'>,
  { to, databases, glance }: { to: PostgresVariables; databases: readonly string[]; glance: Glance },
): Promise<RowsSeen> {
  const tables = new Map<string, Table>();
  let left = 0;
  for (const database of databases) {
    const within = { ...to, env: { ...to.env, PGDATABASE: database } };
    const open = async (): Promise<PsqlSession> => {
      const { signal, deadlineMs } = job;
      const session = await PsqlSession.open(job.runner, { ...within, signal, deadlineMs });
      session.tell(`${plainSpelling} ${patience}`);
      return session;
    };
    let session = await open();
    try {
      const limit = Math.max(0, glance.tables - tables.size);
      const listed = await answerOf(session, listTables(limit));
      if (listed === undefined) continue;
      const named = objectsIn(listed['tables']);
      left += Math.max(0, Number(listed['count']) - named.length);
      let failures = 0;
      for (const each of named) {
        const name = tableName(database, { schema: textOf(each, 'schema'), table: textOf(each, 'table') });
        const seen = failures > mostFailures ? undefined : await answerOf(session, lookAt(each, glance.rows));
        if (seen === undefined) {
          left += 1;
          failures += 1;
          // The first mistake has ended it.
          if (failures <= mostFailures) {
            await session.leave();
            session = await open();
          }
          continue;
        }
        const [rows, deleted] = [Number(seen['rows']), Number(seen['deleted'])];
        tables.set(name, { rows, deleted, file: textOf(seen, 'file') });
      }
    } finally {
      await session.leave();
    }
  }
  return { tables, left };
}

/**
 * What a copy must hold that was made between two looks: of each table at least `count` rows, and where all of it was counted
 * about as many as `most`.
 */
export function rowsBetween(
  before: RowsSeen,
  { after, glance }: { after: RowsSeen; glance: Glance },
): ContentItem[] {
  return [...before.tables].flatMap(([name, first]) => {
    const then = after.tables.get(name);
    if (then === undefined) return [];
    const deleted = then.deleted - first.deleted;
    // Counters that were set back say nothing.
    const sure = then.file === first.file && deleted >= 0;
    const count = sure ? Math.max(0, Math.min(first.rows - deleted, then.rows)) : 0;
    const most = Math.max(first.rows, then.rows);
    return [{ name, count, ...(most < glance.rows ? { most } : {}) }];
  });
}

/** How a table of a whole server is called, in a manifest and in a report. */
export function tableName(database: string, { schema, table }: { schema: string; table: string }): string {
  return `${database}: ${schema}.${table}`;
}

async function answerOf(
  session: PsqlSession,
  sql: string,
): Promise<Awaited<ReturnType<PsqlSession['ask']>> | undefined> {
  try {
    return await session.ask(sql);
  } catch (error) {
    // A backup does not fail because somebody holds a table.
    if (error instanceof VigieError && error.code === 'BACKUP') return undefined;
    throw error;
  }
}

const patience = `SET default_transaction_read_only = on; SET statement_timeout = '10s'; SET lock_timeout = '1s';`;

/** What is written to WAL: the others are empty wherever a copy is restored. */
const ownTables = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
  AND c.relpersistence = 'p' AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'`;

function listTables(limit: number): string {
  return `SELECT json_build_object('count', (SELECT count(*) ${ownTables}), 'tables',
    (SELECT coalesce(json_agg(row_to_json(named)), '[]') FROM (SELECT c.oid AS id, n.nspname AS schema, c.relname AS table
      ${ownTables} AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
      AND NOT row_security_active(c.oid) ORDER BY c.reltuples DESC, c.oid LIMIT ${limit}) AS named))`;
}

/** A sample of everything: it is refused for a view, which whoever owns the name may have put in the table's place. */
function lookAt(each: object, rows: number): string {
  const table = `${identifier(textOf(each, 'schema'))}.${identifier(textOf(each, 'table'))}`;
  const id = Number(textOf(each, 'id'));
  return `SELECT json_build_object('rows',
    (SELECT count(*) FROM (SELECT FROM ONLY ${table} TABLESAMPLE SYSTEM (100) LIMIT ${rows}) AS counted),
    'deleted', pg_stat_get_tuples_deleted(${id}), 'file', pg_relation_filenode(${id})::text)`;
}
