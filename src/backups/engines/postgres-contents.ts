import type { ContentItem, Contents } from '../../core/copy.ts';
import { objectsIn, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { PsqlSession } from './psql-session.ts';
import { identifier } from './quoted-sql.ts';

/** More tables than people make; the rest is counted as left out. */
const mostTables = 5_000;

/** Of a table's name where somebody waits. */
const nameChars = 200;

/**
 * What makes rows read the same on every server: how they are spelled must not depend on its settings. Nothing is left
 * out by row security either: who may not read everything is told so.
 */
export const plainSpelling = `SET search_path = pg_catalog; SET standard_conforming_strings = on; SET quote_all_identifiers = off;
SET DateStyle = ISO; SET IntervalStyle = postgres; SET TimeZone = 'UTC';
SET extra_float_digits = 3; SET bytea_output = hex; SET row_security = off;
SET statement_timeout = 0; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = 0;`;

// What pg_dump writes the rows of: tables and leaves of partitioned ones, none that an extension makes by itself.
const ownTables = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND pg_catalog.left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/**
 * Counts and hashes every table as this session sees it. The hash of a table is the sum of those of its rows, so the order
 * in which they lie does not matter. Rows are spelled by the output functions of their types: a cast to text would be the
 * one that the owner of a table made, and run as whoever counts.
 */
export async function readContents(
  session: PsqlSession,
  more: { progress?: (message: string) => void },
): Promise<Contents> {
  const all =
    await session.ask(`SELECT json_build_object('at', now(), 'count', (SELECT count(*) ${ownTables}),
    'objects', (SELECT count(*) FROM pg_largeobject_metadata),
    'names', (SELECT coalesce(json_agg(row_to_json(named)), '[]') FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name,
    n.nspname AS schema, c.relname AS table ${ownTables} ORDER BY 1 LIMIT ${mostTables}) AS named))`);
  const names = objectsIn(all['names']);
  const items: ContentItem[] = [];
  for (const row of names) {
    const name = textOf(row, 'name');
    const table = `${identifier(textOf(row, 'schema'))}.${identifier(textOf(row, 'table'))}`;
    more.progress?.(`Counting ${cleanLine(name, nameChars)} (${items.length + 1} of ${names.length})`);
    const found = await session.ask(`SELECT json_build_object('count', count(*), 'hash',
      coalesce(sum(('x' || left(md5(textin(record_out(ROW(t.*)))), 16))::bit(64)::bigint::numeric), 0)::text) FROM ONLY ${table} AS t`);
    items.push({ name, count: numberIn(found['count']), hash: textOf(found, 'hash') });
  }
  const objects = numberIn(all['objects']);
  if (objects > 0) items.push({ name: 'large objects', count: objects });
  const left = numberIn(all['count']) - names.length;
  return {
    how: 'snapshot',
    at: new Date(textOf(all, 'at')).toISOString(),
    items,
    ...(left > 0 ? { left } : {}),
  };
}

function numberIn(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
