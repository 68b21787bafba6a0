import { parseDuration } from '../../config/duration.ts';
import type { PlaybookAction } from '../../core/playbook.ts';
import type { StepFailure } from './step-end.ts';

/** A duration of a playbook, which was read before, in milliseconds. */
export function milliseconds(duration: string): number {
  const seconds = parseDuration(duration);
  if (seconds === undefined) throw new Error(`${duration} was read as a duration before`);
  return seconds * 1000;
}

/** When a failed attempt may be made again; undefined: not at all. */
export function nextAttemptAt(
  retry: PlaybookAction['retry'],
  failed: { failure: StepFailure; attempt: number; at: number },
): number | undefined {
  const { failure, attempt, at } = failed;
  if (retry === undefined || attempt >= retry.attempts) return undefined;
  if (failure.cause === undefined || !retry.on.includes(failure.cause)) return undefined;
  return at + milliseconds(retry.backoff) * 2 ** (attempt - 1);
}
