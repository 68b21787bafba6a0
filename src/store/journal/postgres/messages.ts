import type { Json } from '../../../core/json.ts';
import { readBack } from '../payload.ts';
import { kept, keptKey } from './kept-text.ts';
import type { Sql } from './sql.ts';

// Messages lie there until somebody takes them. What was taken stays without its payload, so that it never comes twice.
// Whoever puts one or looks for one holds the row of its run.

/** False: one of that id came before. */
export async function putMessage(
  sql: Sql,
  run: number,
  { key, id, payload }: { key: string; id: string; payload: string },
): Promise<boolean> {
  const { rows } = await sql.query<{ number: string }>(
    `insert into vigie_runs.message (run, key, id, payload) values ($1, $2, $3, $4)
     on conflict do nothing returning number`,
    [run, keptKey(key), keptKey(id), payload],
  );
  if (rows.length === 0) return false;
  await sql.query(
    `update vigie_runs.run set status = 'ready', due = null where number = $1 and status = 'waiting'
     and exists (select 1 from vigie_runs.wait where wait.run = run.number and kind = 'message' and key = $2)`,
    [run, kept(key)],
  );
  return true;
}

/** The oldest under a key, which lies there until it is taken. */
export async function lookForMessage(
  sql: Sql,
  run: number,
  key: string,
): Promise<{ number: number; payload: Json } | undefined> {
  const { rows } = await sql.query<{ number: number; payload: string }>(
    `select number::float8 as number, payload from vigie_runs.message
     where run = $1 and key = $2 and payload is not null order by message.number limit 1`,
    [run, keptKey(key)],
  );
  const [found] = rows;
  return found === undefined ? undefined : { number: found.number, payload: readBack(found.payload) };
}

export async function takeMessage(sql: Sql, number: number): Promise<void> {
  await sql.query('update vigie_runs.message set payload = null where number = $1', [number]);
}
