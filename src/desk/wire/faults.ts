import { VigieError } from '../../core/errors.ts';
import { hintOfFault } from '../../core/fault.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** What came is not what is said over this socket. */
export function unreadable(why: string, cause?: unknown): VigieError {
  return new VigieError('DAEMON', `What came over the daemon's socket cannot be used: ${why}.`, {
    hint: 'The two may be of different versions: vigie doctor',
    cause,
  });
}

/** Enough to find the fault. */
const mostFrames = 12;

/** A fault of ours crosses as its id alone. */
export function toKnown(error: unknown, log: Logger): VigieError {
  if (error instanceof VigieError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new VigieError('CANCELLED', 'The call was stopped before it ended.', { cause: error });
  const id = crypto.randomUUID().slice(0, 8);
  // Where it happened, and not its words, which may hold what somebody else's process wrote.
  const at = error instanceof Error ? error.stack?.match(/^ +at .*$/gm)?.slice(0, mostFrames) : undefined;
  log.error('desk.fault', { id, error: error instanceof Error ? error.name : typeof error, at: at ?? [] });
  return new VigieError('INTERNAL', `A fault of Vigie itself, noted in the daemon's log as ${id}.`, {
    hint: hintOfFault(error, { daemon: true }),
    details: { id },
  });
}
