import { VigieError } from '../../core/errors.ts';

const unclear = new Set(['UNREACHABLE', 'TIMEOUT', 'SERVER_ERROR', 'BAD_RESPONSE', 'CANCELLED']);

/** Whether a write that ended in this error may have taken effect although its answer never came. */
export function isUnclear(error: unknown): boolean {
  return error instanceof VigieError && unclear.has(error.code);
}
