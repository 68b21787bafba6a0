import { seal, unseal } from './sealing.ts';

// A value that was read from the cluster is masked in a record for everybody. Whoever sent the same text themselves sees
// it as they sent it, or the mask would confirm a guess: for them alone it is kept beside the record, sealed.

/** What a change is to whoever asked for it, where it differs from what all others are shown. */
export interface OwnWords {
  summary: string;
  diff: string;
  reason?: string;
  evidence?: string[];
}

/** `key`: of the installation. */
export function sealOwnWords(words: OwnWords, { key, id }: { key: Uint8Array; id: string }): Uint8Array {
  return seal(words, { key, label: labelOf(id) });
}

/** @throws VigieError STORE when key, change or bytes do not fit */
export function unsealOwnWords(blob: Uint8Array, { key, id }: { key: Uint8Array; id: string }): OwnWords {
  return unseal(blob, { key, label: labelOf(id) }) as OwnWords;
}

function labelOf(id: string): string {
  return `own words ${id}`;
}
