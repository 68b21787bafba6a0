import type { ContentItem, Contents } from '../../core/copy.ts';
import { textOf, textsIn } from '../../core/json.ts';
import type { PsqlSession } from './psql-session.ts';

/** More tables than people make; the rest is counted as left out. */
const mostTables = 5_000;

/**
 * What makes rows read the same on every server: how they are spelled must not depend on its settings. Nothing is left
 * out by row security either: who may not read everything is told so.
 */
export const plainSpelling = `SET DateStyle = ISO; SET IntervalStyle = postgres; SET TimeZone = 'UTC';
SET extra_float_digits = 3; SET bytea_output = hex; SET row_security = off; SET search_path = pg_catalog;
SET statement_timeout = 0; SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = 0;`;

// What pg_dump writes the rows of: tables and leaves of partitioned ones, none that an extension makes by itself.
const ownTables = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/**
 * Counts and hashes every table as this session sees it. The hash of a table is the sum of those of its rows, so the order
 * in which they lie does not matter.
 */
export async function readContents(
  session: PsqlSession,
  more: { progress?: (message: string) => void },
): Promise<Contents> {
  const all =
    await session.ask(`SELECT json_build_object('at', now(), 'count', (SELECT count(*) ${ownTables}),
    'objects', (SELECT count(*) FROM pg_largeobject_metadata),
    'names', (SELECT coalesce(json_agg(name), '[]') FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name
    ${ownTables} ORDER BY 1 LIMIT ${mostTables}) AS named))`);
  const names = textsIn(all['names']);
  const items: ContentItem[] = [];
  for (const name of names) {
    more.progress?.(`Counting ${name} (${items.length + 1} of ${names.length})`);
    const row = await session.ask(`SELECT json_build_object('count', count(*), 'hash',
      coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)::text) FROM ONLY ${name} AS t`);
    items.push({ name, count: numberIn(row['count']), hash: textOf(row, 'hash') });
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
