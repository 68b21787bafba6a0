import type { ContentItem, Contents } from '../../core/copy.ts';
import { VigieError } from '../../core/errors.ts';
import type { InspectJob } from '../engine.ts';
import { askPostgres, type ScratchPostgres } from './postgres-server.ts';
import { identifier } from './quoted-sql.ts';
import { tableName } from './source-rows.ts';

// The catalogue of a restored server is whatever its superusers made it: it is read as it lies, without an operator or a
// function of it, and put together here.

/** More than a source is asked for, so that what is there besides is told too. */
const mostTables = 5_000;
/** In one run of psql; where one of them cannot be read, each gets a run of its own. */
const tablesAtOnce = 100;

type Job = InspectJob<ScratchPostgres>;

interface Table {
  name: string;
  sql: string;
}

/** Every database that can be entered, and the rows of its tables; what cannot be read has no item. */
export async function restoredRows(job: Job): Promise<{ databases: string[]; items: ContentItem[] }> {
  const sql = 'SELECT datname, datallowconn, datistemplate FROM pg_catalog.pg_database';
  const all = await rowsOf(job, { database: 'postgres', sql });
  const databases = all.filter(([, , template]) => template !== 't').map(([name = '']) => name);
  const open = all.filter(([, entered, template]) => entered === 't' && template !== 't');
  const items: ContentItem[] = [];
  for (const [database = ''] of open) {
    const tables = await tablesOf(job, database);
    for (let at = 0; at < tables.length && items.length < mostTables; at += tablesAtOnce)
      items.push(...(await countAll(job, { database, tables: tables.slice(at, at + tablesAtOnce) })));
  }
  return { databases: databases.toSorted(), items };
}

/** Those that the source was asked for first. */
async function tablesOf(job: Job, database: string): Promise<Table[]> {
  const schemas = await rowsOf(job, { database, sql: 'SELECT oid, nspname FROM pg_catalog.pg_namespace' });
  const names = new Map(schemas.map(([id = '', name = '']) => [id, name]));
  const classes = await rowsOf(job, {
    database,
    sql: 'SELECT relkind, relpersistence, relnamespace, relname FROM pg_catalog.pg_class',
  });
  const asked = new Set(namesOf(job.expected));
  return classes
    .flatMap(([kind, lasts, id = '', table = '']) => {
      const schema = names.get(id);
      if (kind !== 'r' || lasts !== 'p' || schema === undefined) return [];
      if (schema.startsWith('pg_') || schema === 'information_schema') return [];
      const sql = `SELECT pg_catalog.count(*) FROM ONLY ${identifier(schema)}.${identifier(table)};`;
      return [{ name: tableName(database, { schema, table }), sql }];
    })
    .toSorted((a, b) => Number(asked.has(b.name)) - Number(asked.has(a.name)));
}

function namesOf({ items }: Contents): string[] {
  return items.map(({ name }) => name);
}

async function countAll(
  job: Job,
  { database, tables }: { database: string; tables: readonly Table[] },
): Promise<ContentItem[]> {
  const counts = await countsOf(job, { database, tables });
  if (counts !== undefined || tables.length < 2) return counts ?? [];
  const items: ContentItem[] = [];
  for (const table of tables) items.push(...((await countsOf(job, { database, tables: [table] })) ?? []));
  return items;
}

async function countsOf(
  job: Job,
  { database, tables }: { database: string; tables: readonly Table[] },
): Promise<ContentItem[] | undefined> {
  try {
    const sql = tables.map(table => table.sql).join('\n');
    const said = await askPostgres(job, job.target, { database: asConnection(database), sql });
    const counts = said.split('\n').filter(line => line !== '');
    return tables.map(({ name }, index) => ({ name, count: Number(counts[index] ?? 0) }));
  } catch (error) {
    if (error instanceof VigieError && error.code === 'BACKUP') return undefined;
    throw error;
  }
}

/** Rows of columns, by COPY: whatever a name holds, it breaks no line. */
async function rowsOf(job: Job, { database, sql }: { database: string; sql: string }): Promise<string[][]> {
  const said = await askPostgres(job, job.target, {
    database: asConnection(database),
    sql: `COPY (${sql}) TO STDOUT;`,
  });
  return said
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split('\t').map(unescaped));
}

/** psql takes a name for more than a name when it looks like a connection: to a server elsewhere, for one. */
function asConnection(database: string): string {
  return `dbname='${database.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function unescaped(field: string): string {
  return field.replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}
