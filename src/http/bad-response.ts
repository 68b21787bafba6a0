import { VigieError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** That an answer came and is of no use. */
export function badResponse(from: string, why: string, details: JsonObject = {}): VigieError {
  return new VigieError('BAD_RESPONSE', `The answer of ${from} cannot be used: ${why}`, { details });
}
