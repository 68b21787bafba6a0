import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { canonicalJson, type JsonObject } from '../../src/core/json.ts';
import { type AuditRow, hashOf } from '../../src/store/audit-row.ts';
import type { Ground } from './ground.ts';

type Sql = InstanceType<typeof Sqlite>;

/** Edits the store as whoever may write the file can. */
export function editStore<T>(ground: Ground, edit: (sql: Sql) => T): T {
  const sql = new Sqlite(join(ground.dir, 'home', 'vigie.db'));
  try {
    return edit(sql);
  } finally {
    sql.close();
  }
}

/** One row of the audit as the table holds it. */
export interface StoredRow {
  sequence: number;
  at: string;
  event: string;
  change_id: string | null;
  environment: string | null;
  facts: string;
  previous: string;
  hash: string;
}

export function auditRows(sql: Sql): StoredRow[] {
  return sql.prepare('SELECT * FROM audit ORDER BY sequence').all() as StoredRow[];
}

/** Writes rows as the audit, numbered and linked anew, so that the chain is whole in itself. */
export function rewriteAudit(sql: Sql, rows: readonly StoredRow[]): void {
  sql.prepare('DELETE FROM audit').run();
  let previous = '0'.repeat(64);
  for (const [index, row] of rows.entries()) {
    const linked = { ...row, sequence: index + 1, previous };
    previous = hashOf(unhashed(linked));
    insert(sql, { ...linked, hash: previous });
  }
}

/** Adds a row at the end that links to the one before, with a hash that fits. */
export function appendAudit(
  sql: Sql,
  row: { event: string; changeId?: string; environment?: string; facts: JsonObject },
): void {
  const last = auditRows(sql).at(-1);
  const linked = {
    sequence: (last?.sequence ?? 0) + 1,
    at: new Date().toISOString(),
    event: row.event,
    change_id: row.changeId ?? null,
    environment: row.environment ?? null,
    facts: canonicalJson(row.facts),
    previous: last?.hash ?? '0'.repeat(64),
  };
  insert(sql, { ...linked, hash: hashOf(unhashed(linked)) });
}

function unhashed(row: Omit<StoredRow, 'hash'>): Omit<AuditRow, 'hash'> {
  return {
    v: 1,
    sequence: row.sequence,
    at: row.at,
    // What is written here need not be an event that the product knows.
    event: row.event as AuditRow['event'],
    ...(row.change_id === null ? {} : { changeId: row.change_id }),
    ...(row.environment === null ? {} : { environment: row.environment }),
    facts: JSON.parse(row.facts) as JsonObject,
    previous: row.previous,
  };
}

function insert(sql: Sql, row: StoredRow): void {
  sql
    .prepare(
      'INSERT INTO audit (sequence, at, event, change_id, environment, facts, previous, hash) VALUES (@sequence, @at, @event, @change_id, @environment, @facts, @previous, @hash)',
    )
    .run(row);
}
