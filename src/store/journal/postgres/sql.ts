import type { Pool, PoolClient } from 'pg';
import { systemCode } from '../../../core/system-error.ts';

/** Statements on one connection, most of them within one transaction. */
export type Sql = Pick<PoolClient, 'query'> | Pick<Pool, 'query'>;

/** A deadlock, a broken order: the server says to begin again. */
const againAtOnce: ReadonlySet<string | undefined> = new Set(['40P01', '40001']);

/** Times that something is done which the server broke off for another one's sake. */
const attempts = 4;

/** Does it again where the server broke it off for another one's sake: nothing of it was written. */
export async function againWhereItPasses<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !againAtOnce.has(systemCode(error))) throw error;
    }
  }
}

/** What a statement's `$1` says of the time: the test's own, or null for that of the database. */
export type Clock = () => number | null;

/** Milliseconds since 1970, once a statement: the machines that ask have clocks of their own, and the database has one. */
export const now = '(select vigie_runs.clock($1))';
