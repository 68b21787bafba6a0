import { VigieError } from '../core/errors.ts';

/** INVALID_INPUT about the argument `patch`. */
export function invalidPatch(message: string): VigieError {
  return new VigieError('INVALID_INPUT', `patch: ${message}`, {
    hint: 'See the object as it is with k8s_get, its fields with k8s_explain.',
    details: { issues: [{ field: 'patch', message }] },
  });
}
