import { randomInt } from 'node:crypto';

/**
 * Words are consonant, vowel, consonant, vowel, consonant: 16 · 5 · 16 · 5 · 16 = 102,400 of them, 16.6 bits a word and
 * 83 bits in five. No word list has to be carried, and what the ear confuses (c/k, b/w, x) is left out.
 */
const consonants = 'bdfghjklmnprstvz';
const vowels = 'aeiou';
const pattern = [consonants, vowels, consonants, vowels, consonants];
const words = 5;

const ownPhraseChars = 14;
const ownPhraseDistinct = 6;

/** Five pronounceable words, 83 random bits. */
export function generatePassphrase(): string {
  return Array.from({ length: words }, word).join(' ');
}

function word(): string {
  return pattern.map(letters => letters.charAt(randomInt(letters.length))).join('');
}

/** Why a phrase somebody made up is refused; undefined when it will do. The answer never repeats the phrase. */
export function weaknessOf(phrase: string): string | undefined {
  const text = phrase.normalize('NFKC').trim();
  const chars = Array.from(text);
  if (chars.length < ownPhraseChars) {
    return `it has ${chars.length} characters; at least ${ownPhraseChars} are needed`;
  }
  if (/^(.{1,8})\1+.{0,7}$/su.test(text)) return 'it repeats the same few characters';
  if (new Set(chars.map(char => char.toLowerCase())).size < ownPhraseDistinct) {
    return `it uses fewer than ${ownPhraseDistinct} different characters`;
  }
  if (isRun(chars)) return 'its characters follow each other in order';
  return undefined;
}

/** `abcdefgh…`, `12345678…` and the like, forwards or backwards, with at most two breaks. */
function isRun(chars: readonly string[]): boolean {
  const codes = chars.map(char => char.toLowerCase().codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return [1, -1].some(step => steps.filter(found => found !== step).length <= 2);
}
