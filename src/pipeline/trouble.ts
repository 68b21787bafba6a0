import { VigieError } from '../core/errors.ts';

/** One line of evidence: where, which code, why. */
export function troubleOf(error: unknown, where: string): string {
  if (error instanceof VigieError) return `${where}: ${error.code}: ${error.message}`;
  if (error instanceof Error && error.name === 'AbortError')
    return `${where}: CANCELLED: stopped before it ended.`;
  return `${where}: ${error instanceof Error ? error.message : String(error)}`;
}
