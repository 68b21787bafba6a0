import { parseDuration } from '../../config/duration.ts';
import { VigieError } from '../../core/errors.ts';
import { nanosFromMs, nanosOf } from '../../logs/moment.ts';

/** A time that is asked about, in nanoseconds since 1970; its end is not part of it. */
export interface TimeSpan {
  from: bigint;
  to: bigint;
}

const inSecond = 1_000_000_000n;
// A longer one is a report, and most servers keep no more.
const longestSeconds = 31 * 24 * 3_600;

/** From `from` to `to`, each a time or how long ago it was; `to` absent: the end of this second, which is all that a server's date tells. @throws VigieError INVALID_INPUT */
export function timeSpan(asked: { from: string; to: string | undefined }, nowMs: number): TimeSpan {
  const to = asked.to === undefined ? nanosFromMs(nowMs) + inSecond : momentIn('to', asked.to, nowMs);
  const from = momentIn('from', asked.from, nowMs);
  if (from >= to) throw refused('from', 'it is not before to');
  if (to - from > BigInt(longestSeconds) * inSecond)
    throw refused('from', 'it is more than 31 days before to');
  return { from, to };
}

/** @throws VigieError INVALID_INPUT */
export function momentIn(field: string, text: string, nowMs: number): bigint {
  const seconds = parseDuration(text);
  const moment = seconds === undefined ? nanosOf(text) : nanosFromMs(nowMs - seconds * 1_000);
  if (moment === undefined) throw refused(field, 'it is neither a time nor how long ago');
  return moment;
}

function refused(field: string, message: string): VigieError {
  return new VigieError('INVALID_INPUT', `${field}: ${message}`, {
    hint: 'Write how long ago (90s, 15m, 2h, 1d) or a time (2026-01-31T12:00:00Z).',
    details: { issues: [{ field, message }] },
  });
}
