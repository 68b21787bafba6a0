import { sha256Hex } from '../../../core/digest.ts';
import { callersLine, isFull, type Line, ownLine } from '../lines.ts';
import type { RunRow } from '../run-row.ts';
import { keptKey } from './kept-text.ts';
import { findRun } from './runs.ts';
import type { Sql } from './sql.ts';

/** As Journal.count, in a turn, in which nobody else counts. */
export async function countTargets(
  sql: Sql,
  row: RunRow,
  step: { path: string; objects: readonly string[]; most?: number },
): Promise<{ run: string; most: number } | undefined> {
  const lines = await linesOf(sql, row, step);
  // Only told apart, and an entry of an index has no room for two long texts.
  const objects = step.objects.map(sha256Hex);
  for (const line of lines)
    if (isFull(line, await countedFor(sql, line), objects)) return { run: line.run, most: line.most };
  for (const { number, path } of lines)
    await sql.query(
      `insert into vigie_runs.target (run, path, object) select $1, $2, unnest($3::text[]) on conflict do nothing`,
      [number, keptKey(path), objects],
    );
  return undefined;
}

/** What counted for an earlier run at these paths counts for this one too. */
export async function copyTargets(
  sql: Sql,
  { from, to, paths }: { from: number; to: number; paths: readonly string[] },
): Promise<void> {
  await sql.query(
    `insert into vigie_runs.target (run, path, object)
     select $2, path, object from vigie_runs.target where run = $1 and path = any($3::text[])`,
    [from, to, paths.map(keptKey)],
  );
}

async function countedFor(sql: Sql, { number }: Line): Promise<string[]> {
  const { rows } = await sql.query<{ object: string }>(
    'select distinct object from vigie_runs.target where run = $1',
    [number],
  );
  return rows.map(({ object }) => object);
}

async function linesOf(sql: Sql, row: RunRow, step: { path: string; most?: number }): Promise<Line[]> {
  const lines = ownLine(row, step);
  for (let called = row; called.parent !== null; ) {
    const caller = await findRun(sql, called.parent);
    if (caller === undefined) break;
    lines.push(...callersLine(caller, called));
    called = caller;
  }
  return lines;
}
