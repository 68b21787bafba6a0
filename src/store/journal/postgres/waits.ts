import type { Wait } from '../../../core/journal.ts';
import { firstMoment, type WaitRow, waitOf } from '../waits.ts';
import { given, kept, keptKey } from './kept-text.ts';
import { lookForMessage } from './messages.ts';
import { roomOf } from './slots.ts';
import { type Clock, now, type Sql } from './sql.ts';

/** What a run waits for, in place of what it waited for before. */
export async function replaceWaits(sql: Sql, run: number, waits: readonly Wait[]): Promise<void> {
  await sql.query('delete from vigie_runs.wait where run = $1', [run]);
  if (waits.length === 0) return;
  await sql.query(
    `insert into vigie_runs.wait (run, path, kind, key, until)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[])`,
    [
      run,
      waits.map(({ path }) => kept(path)),
      waits.map(({ kind }) => kind),
      waits.map(keyOf),
      waits.map(wait => (wait.kind === 'slot' ? null : (wait.until ?? null))),
    ],
  );
}

/** A slot is looked up by its key; that of a message is told to people and programs. */
function keyOf(wait: Wait): string {
  if (wait.kind === 'timer') return '';
  return wait.kind === 'slot' ? keptKey(wait.key) : kept(wait.key);
}

/** By the numbers of their runs. */
export async function waitsOf(sql: Sql, runs: readonly number[]): Promise<Map<number, Wait[]>> {
  const found = new Map<number, Wait[]>();
  const { rows } = await sql.query<WaitRow & { run: number }>(
    `select run::float8 as run, path, kind, key, until::float8 as until from vigie_runs.wait
     where run = any($1::bigint[]) order by run, path, kind, key`,
    [runs],
  );
  for (const { run, ...row } of rows)
    found.set(run, [
      ...(found.get(run) ?? []),
      waitOf({ ...row, path: given(row.path), key: given(row.key) }),
    ]);
  return found;
}

/** Whether a run need not wait for some of that: there is room, its moment is past, or its message lies there. */
export async function anyIsOver(
  sql: Sql,
  waits: readonly Wait[],
  { run, clock }: { run: number; clock: Clock },
): Promise<boolean> {
  const slots = waits.flatMap(wait => (wait.kind === 'slot' ? [wait.key] : []));
  const room = await roomOf(sql, slots);
  if (slots.some(slot => room.has(slot, run))) return true;
  const due = firstMoment(waits);
  if (due !== undefined) {
    const { rows } = await sql.query<{ over: boolean }>(`select $2::bigint <= ${now} as over`, [
      clock(),
      due,
    ]);
    if (rows[0]?.over === true) return true;
  }
  for (const wait of waits)
    if (wait.kind === 'message' && (await lookForMessage(sql, run, wait.key)) !== undefined) return true;
  return false;
}
