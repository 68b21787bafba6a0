import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { VigieError } from '../core/errors.ts';
import { isObject } from '../core/json.ts';

// The answer to a commit may be lost on its way. What became of it is then asked of the server, by the transaction's number.

/** A transaction that never heard of its end is ended by the server before that (`idle_in_transaction_session_timeout`). */
const doubtMs = 12_000;
const doubtPauseMs = 200;

/** A transaction by the number that a server gave it, and since when that server runs. */
export interface Numbered {
  id: string;
  since: string;
}

/** The last statement of what begins a transaction. */
export const numbering = 'select pg_current_xact_id()::text as id, pg_postmaster_start_time()::text as since';

/** What `numbering` answered, also as the last of several. */
export function numberIn(answer: unknown): Numbered | undefined {
  const last: unknown = Array.isArray(answer) ? answer.at(-1) : answer;
  if (!isObject(last) || !Array.isArray(last['rows'])) return undefined;
  const row: unknown = last['rows'][0];
  if (!isObject(row)) return undefined;
  const { id, since } = row;
  return typeof id === 'string' && typeof since === 'string' ? { id, since } : undefined;
}

/** What became of a transaction whose end was not heard of, asked by other connections. */
export async function endOf(
  transaction: Numbered,
  others: Pool,
): Promise<'committed' | 'aborted' | 'unknown'> {
  const deadline = performance.now() + doubtMs;
  while (performance.now() < deadline) {
    const state = await ask(transaction, others);
    if (state === 'committed' || state === 'aborted') return state;
    await sleep(doubtPauseMs);
  }
  return 'unknown';
}

async function ask({ id, since }: Numbered, others: Pool): Promise<unknown> {
  try {
    // Another server, or this one after a crash, may have given the number to another transaction.
    const state = 'select pg_xact_status($1::xid8) as state where pg_postmaster_start_time()::text = $2';
    const found = await others.query(state, [id, since]);
    const row: unknown = found.rows[0];
    return isObject(row) ? row['state'] : undefined;
  } catch {
    // Not reachable yet, or it knows no such number: asked again until the time is over.
    return undefined;
  }
}

export function inDoubt(): VigieError {
  return new VigieError(
    'STORE',
    'The store was told to write, and whether it did is not known: the connection broke.',
    {
      hint: 'Look before you try again: vigie changes list; vigie runs list',
      details: { reason: 'in doubt' },
    },
  );
}
