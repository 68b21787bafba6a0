import type BetterSqlite from 'better-sqlite3';
import { VigieError } from '../../core/errors.ts';
import type { NewStepRecord, StepRecord } from '../../core/journal.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { readBack, written } from './payload.ts';

/** A record as it lies in its table. */
export interface StepRow {
  path: string;
  attempt: number;
  state: string;
  output: string | null;
  error: string | null;
  at: number;
}

/** A record whose payloads are known to fit. */
export interface WrittenStep extends Pick<NewStepRecord, 'path' | 'attempt' | 'state'> {
  output: string | null;
  error: string | null;
}

/** @throws VigieError TOO_LARGE */
export function writtenStep({ path, attempt, state, output, error }: NewStepRecord): WrittenStep {
  return {
    path,
    attempt,
    state,
    output: written(output, `The output of ${path}`),
    error: written(error, `The error of ${path}`),
  };
}

/** What was recorded of runs, by path and attempt. */
export class Steps {
  readonly #one: BetterSqlite.Statement<[number, string, number], StepRow>;
  readonly #all: BetterSqlite.Statement<[number], StepRow>;
  readonly #put: BetterSqlite.Statement<
    [number, string, number, string, string | null, string | null, number]
  >;
  readonly #copy: BetterSqlite.Statement<[number, number, string]>;

  constructor(database: BetterSqlite.Database) {
    this.#one = database.prepare('select * from step where run = ? and path = ? and attempt = ?');
    this.#all = database.prepare(
      'select path, attempt, state, output, error, at from step where run = ? order by at, path, attempt',
    );
    this.#put = database.prepare(
      `insert into step (run, path, attempt, state, output, error, at) values (?, ?, ?, ?, ?, ?, ?)
       on conflict do update set state = excluded.state, output = excluded.output, error = excluded.error, at = excluded.at`,
    );
    this.#copy = database.prepare(
      `insert into step (run, path, attempt, state, output, error, at)
       select ?, path, attempt, state, output, error, at from step where run = ? and path = ? and state = 'done'`,
    );
  }

  of(run: number): StepRecord[] {
    return this.#all.all(run).map(stepOf);
  }

  /** All or none. @throws VigieError CONFLICT before anything is written */
  put(run: number, records: readonly WrittenStep[], at: number): void {
    const fresh = records.filter(record => !this.#stands(run, record));
    for (const { path, attempt, state, output, error } of fresh)
      this.#put.run(run, path, attempt, state, output, error, at);
  }

  /** What an earlier run did under these paths counts for this one too. */
  copy(from: number, to: number, paths: readonly string[]): void {
    for (const path of paths) this.#copy.run(to, from, path);
  }

  /** Whether just that is recorded already. */
  #stands(run: number, record: WrittenStep): boolean {
    const found = this.#one.get(run, record.path, record.attempt);
    if (found === undefined) return false;
    const same =
      found.state === record.state && found.output === record.output && found.error === record.error;
    if (same || found.state === 'intent') return same;
    throw standsAlready({ ...record, state: found.state });
  }
}

export function standsAlready(at: { path: string; attempt: number; state: string }): VigieError {
  return new VigieError(
    'CONFLICT',
    `Attempt ${at.attempt} at ${at.path} is recorded as ${at.state}, and would be recorded as something else.`,
  );
}

export function stepOf({ path, attempt, state, output, error, at }: StepRow): StepRecord {
  const given = readBack(output);
  const failed = readBack(error);
  return {
    path,
    attempt,
    state: state as StepRecord['state'],
    at,
    ...(given === undefined ? {} : { output: given satisfies Json }),
    ...(failed === undefined ? {} : { error: failed as JsonObject }),
  };
}
