import { canonicalJson } from '../../core/json.ts';

// The letters of generated names: no vowels and no 0, 1, 3, so that no words arise.
export const nameLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** Two rounds of FNV-1a with different bases: 64 bits, enough that names of one cluster do not meet. */
function hashOf(text: string): bigint {
  return (BigInt(fnv1a(text)) << 32n) | BigInt(fnv1a(text, 0x9747b28c));
}

/** 32 bits of a text. */
export function fnv1a(text: string, base = 0x811c9dc5): number {
  let hash = base;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  // Final mixing, so that texts that differ in their last letter differ in all letters of the name.
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d) >>> 0;
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Letters for the end of a name, the same for the same seed. */
export function lettersFrom(seed: string, count: number): string {
  let rest = hashOf(seed);
  let text = '';
  for (let index = 0; index < count; index++) {
    text += nameLetters[Number(rest % BigInt(nameLetters.length))] ?? '';
    rest /= BigInt(nameLetters.length);
  }
  return text;
}

// Stored objects are never changed in place, so that a template has one hash for as long as it lives.
const hashes = new WeakMap<object, string>();

/** The hash that tells one pod template from another, as it stands in `pod-template-hash`. */
export function templateHash(template: object): string {
  const known = hashes.get(template) ?? lettersFrom(canonicalJson(template), 10);
  hashes.set(template, known);
  return known;
}

/** A uid of the usual shape, the same for the same seed. */
export function uidFrom(seed: string): string {
  const hex = (
    hashOf(seed).toString(16).padStart(16, '0') + hashOf(`${seed}#`).toString(16).padStart(16, '0')
  ).slice(0, 32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
