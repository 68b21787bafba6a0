import { limits } from '../core/limits.ts';
import type { Queries } from './database.ts';

/** Counts one more wrong passphrase of an approver; the fifth in a row pauses them. Answers how many are left before that. */
export async function countFailure(tx: Queries, who: { approver: string; now: Date }): Promise<number> {
  const { approver, now } = who;
  const row = await tx
    .selectFrom('attempts')
    .select('failures')
    .where('approver', '=', approver)
    .executeTakeFirst();
  const failures = (row?.failures ?? 0) + 1;
  const paused = failures >= limits.passphraseAttempts;
  const values = {
    failures: paused ? 0 : failures,
    paused_until: paused ? new Date(now.getTime() + limits.passphrasePauseMs).toISOString() : null,
  };
  await tx
    .insertInto('attempts')
    .values({ approver, ...values })
    .onConflict(conflict => conflict.column('approver').doUpdateSet(values))
    .execute();
  return Math.max(0, limits.passphraseAttempts - failures);
}

/** A right passphrase ends the row of wrong ones. */
export async function forgetFailures(tx: Queries, approver: string): Promise<void> {
  await tx.deleteFrom('attempts').where('approver', '=', approver).execute();
}

/** Until when an approver is paused, which may be over; undefined: never was. */
export async function pauseOf(db: Queries, approver: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('attempts')
    .select('paused_until')
    .where('approver', '=', approver)
    .executeTakeFirst();
  return row?.paused_until ?? undefined;
}
