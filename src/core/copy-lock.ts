import { hostname } from 'node:os';
import type { CopyName, LockHolder } from './copies.ts';
import { VigieError } from './errors.ts';
import { isObject, textOf } from './json.ts';
import { cleanLine } from './text.ts';

// A lock of a set lies at its destination, since backups may come from several machines. It is a lease: its holder renews
// it while the backup runs, and one that nobody renews any more belongs to a process that is gone.

/** How often a holder renews. */
export const renewLockMs = 20_000;
/** Not renewed for so long, it is stale: fifteen renewals, past any pause of a machine or a slow store. */
export const staleLockMs = 5 * 60_000;

const holderChars = 100;

/** A lock as it is read back; undefined for what is none. */
export function parseLock(text: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const since = textOf(value, 'since');
  const renewedAt = textOf(value, 'renewedAt');
  if (Number.isNaN(Date.parse(since)) || Number.isNaN(Date.parse(renewedAt))) return undefined;
  return {
    copy: cleanLine(textOf(value, 'copy'), holderChars),
    since,
    renewedAt,
    holder: cleanLine(textOf(value, 'holder'), holderChars),
  };
}

/** What this process writes into its lock, again with each renewal. */
export function lockTextOf({ copy }: Pick<CopyName, 'copy'>): () => string {
  const mine = { copy, since: new Date().toISOString(), holder: `${hostname()} pid ${process.pid}` };
  return () => JSON.stringify({ ...mine, renewedAt: new Date().toISOString() });
}

/** Whether its holder must be gone. */
export function isStale(lock: LockHolder, now: Date): boolean {
  return now.getTime() - Date.parse(lock.renewedAt) > staleLockMs;
}

/** That the set cannot be backed up just now. */
export function locked(
  { set }: Pick<CopyName, 'set'>,
  found: { lock: LockHolder; stale: boolean; shown: string },
): VigieError {
  const { lock, stale, shown } = found;
  const message = `Another backup of ${set} has held its lock at ${shown} since ${lock.since} (${lock.holder}, copy ${lock.copy})`;
  return new VigieError(
    'CONFLICT',
    stale ? `${message}; it has not been renewed since ${lock.renewedAt}.` : `${message}.`,
    {
      hint: stale
        ? 'Its process is gone: ask for the backup again, and the lock is taken over.'
        : 'Wait until it has ended: vigie backups list shows it.',
      details: { set, ...lock, stale },
      retryable: true,
    },
  );
}

/** That whoever writes a copy holds the lock no more. */
export function lockLost({ set }: Pick<CopyName, 'set'>, shown: string): VigieError {
  return new VigieError('CONFLICT', `The lock of ${set} at ${shown} was taken away while the backup ran.`, {
    hint: 'See who else backs it up, and ask again.',
    details: { set },
    retryable: true,
  });
}
