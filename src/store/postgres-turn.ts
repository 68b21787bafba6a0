import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { VigieError } from '../core/errors.ts';

/** How often it is asked for. It is not waited for inside the database: who waits there keeps indexes from being made beside it. */
const askAgainMs = 200;
/** Longer than tables are ever made. */
const mostMs = 120_000;

/** Does what processes must not do side by side, one after the other. @throws VigieError STORE after two minutes; what `work` throws */
export async function inTurn<T>(pool: Pool, lock: number, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = true;
  try {
    const until = performance.now() + mostMs;
    for (;;) {
      const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [
        lock,
      ]);
      if (rows[0]?.mine === true) break;
      if (performance.now() > until)
        throw new VigieError(
          'STORE',
          'Another process has been making tables in the store for two minutes.',
          {
            hint: 'See what it does, then try again.',
            retryable: true,
          },
        );
      await pause(askAgainMs);
    }
    const done = await work();
    await client.query('select pg_advisory_unlock($1)', [lock]);
    broken = false;
    return done;
  } finally {
    // With its connection the lock is gone.
    client.release(broken);
  }
}
