import { expect, test } from 'vitest';
import { generatePassphrase, weaknessOf } from '../../src/core/passphrase.ts';

test('a generated passphrase is five pronounceable words that are never refused', () => {
  const phrases = Array.from({ length: 300 }, generatePassphrase);
  for (const phrase of phrases) {
    expect(phrase).toMatch(
      /^([bdfghjklmnprstvz][aeiou]){2}[bdfghjklmnprstvz]( ([bdfghjklmnprstvz][aeiou]){2}[bdfghjklmnprstvz]){4}$/,
    );
    expect(weaknessOf(phrase)).toBeUndefined();
  }
  expect(new Set(phrases).size).toBe(300);
});

test('every consonant and vowel is in use, so that a word holds its 16 bits', () => {
  const letters = new Set(Array.from({ length: 300 }, generatePassphrase).join('').replaceAll(' ', ''));
  expect([...letters].sort().join('')).toBe('abdefghijklmnoprstuvz');
});

test.each([
  ['short', 'it has 5 characters; at least 14 are needed'],
  ['             x             ', 'it has 1 characters; at least 14 are needed'],
  ['aaaaaaaaaaaaaaaaaaaa', 'it repeats the same few characters'],
  ['passwordpassword', 'it repeats the same few characters'],
  ['abcabcabcabcabcabcab', 'it repeats the same few characters'],
  ['aabbaabbabbabaab', 'it uses fewer than 6 different characters'],
  ['abcdefghijklmnopqrst', 'its characters follow each other in order'],
  ['zyxwvutsrqponm!', 'its characters follow each other in order'],
])('%j is refused', (phrase, why) => {
  expect(weaknessOf(phrase)).toBe(why);
});

test("a sentence of one's own is taken, whatever the script", () => {
  expect(weaknessOf('my goat eats 3 red hats')).toBeUndefined();
  expect(weaknessOf('моя коза ест шляпы')).toBeUndefined();
});
