import type { CopyName } from '../core/copies.ts';

/** What a restore notes on what it made: an undo takes away nothing that has another. */
export function restoreMark({ set, copy, drawn }: CopyName & { drawn: string }): string {
  return `restored by Vigie (${drawn}) from copy ${copy} of ${set}`;
}
