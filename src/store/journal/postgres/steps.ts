import type { StepRecord } from '../../../core/journal.ts';
import { type StepRow, stepOf } from '../steps.ts';
import { given, kept } from './kept-text.ts';
import type { Sql } from './sql.ts';

/** What was recorded of runs, by their numbers, the oldest first. */
export async function stepsOf(sql: Sql, runs: readonly number[]): Promise<Map<number, StepRecord[]>> {
  const found = new Map<number, StepRecord[]>(runs.map(run => [run, []]));
  const { rows } = await sql.query<StepRow & { run: number }>(
    `select run::float8 as run, path, attempt, state, output, error, at::float8 as at from vigie_runs.step
     where run = any($1::bigint[]) order by step.run, step.at, step.path, step.attempt`,
    [runs],
  );
  for (const { run, ...row } of rows) found.get(run)?.push(stepOf({ ...row, path: given(row.path) }));
  return found;
}

/** What an earlier run did under these paths counts for this one too. */
export async function copySteps(
  sql: Sql,
  { from, to, paths }: { from: number; to: number; paths: readonly string[] },
): Promise<void> {
  await sql.query(
    `insert into vigie_runs.step (run, path, attempt, state, output, error, at)
     select $2, path, attempt, state, output, error, at from vigie_runs.step
     where run = $1 and path = any($3::text[]) and state = 'done'`,
    [from, to, paths.map(kept)],
  );
}
