import { sha256Hex } from '../../../src/core/digest.ts';

/** A row with a hash of its own. */
export function rowFor(sequence: number): { sequence: number; hash: string } {
  return { sequence, hash: sha256Hex(`row ${sequence}`) };
}
