import { VigieError } from '../../core/errors.ts';

// Errors that some caller has an answer to. What they are told from is decided in errors.ts.

/** True for a list or watch whose resourceVersion or cursor the server has forgotten. */
export function isExpired(error: unknown): boolean {
  return error instanceof VigieError && error.details.expired === true;
}

/** True where an admission webhook cannot tell a dry run from a change, so that the server refuses to try. */
export function isWithoutDryRun(error: unknown): boolean {
  return error instanceof VigieError && error.details.noDryRun === true;
}

/** True where nobody but ourselves owns the fields in the way: a patch of ours does not give them to an apply of ours. */
export function isOwnedByUs(error: unknown, us: string): boolean {
  if (!(error instanceof VigieError) || error.details.cause !== 'owned') return false;
  const { owners } = error.details;
  return Array.isArray(owners) && owners.every(owner => owner === us);
}

/** True where the named object does not exist (its kind does). */
export function isNotFound(error: unknown): boolean {
  return error instanceof VigieError && error.code === 'NOT_FOUND';
}
