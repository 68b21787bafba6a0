import { setTimeout as sleep } from 'node:timers/promises';
import { VigieError } from '../core/errors.ts';

/** Most operators need seconds, and a backup may take hours: looks come further and further apart. */
const firstMs = 200;
const longestMs = 5_000;
const slower = 1.4;

/** An API server that is upgraded is away for minutes; what it would say is still true when it is back. */
const awayMs = 5 * 60_000;
const passing = ['UNREACHABLE', 'TIMEOUT', 'SERVER_ERROR', 'BAD_RESPONSE'];

/**
 * Looks again and again until `look` has found something. A server that does not answer is asked for minutes.
 * @throws VigieError CANCELLED, what `late` makes when the time is over, and what `look` throws
 */
export async function untilFound<Found>(
  look: () => Promise<Found | undefined>,
  by: { signal: AbortSignal; untilMs: number; late: () => VigieError },
): Promise<Found> {
  let answeredMs = Date.now();
  for (let pauseMs = firstMs; ; pauseMs = Math.min(longestMs, pauseMs * slower)) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      answeredMs = Date.now();
    } catch (error) {
      const passes = error instanceof VigieError && passing.includes(error.code);
      if (!passes || by.signal.aborted || Date.now() - answeredMs > awayMs) throw error;
    }
    const leftMs = by.untilMs - Date.now();
    if (leftMs <= 0) throw by.late();
    await sleep(Math.min(pauseMs, leftMs), undefined, { signal: by.signal }).catch((cause: unknown) => {
      throw new VigieError('CANCELLED', 'The call was stopped while it waited.', { cause });
    });
  }
}
