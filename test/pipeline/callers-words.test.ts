import { expect, test } from 'vitest';
import { textsOf } from '../../src/pipeline/callers-words.ts';

test.each([
  ['a field', { kind: 'the guess' }],
  ['a name of a field', { deep: [{ 'the guess': 1 }] }],
  ['with hidden characters', { kind: 'the\u200B gu\u202Eess' }],
  ['over lines', { kind: 'the  \n\n  guess' }],
  ['as JSON', { manifest: JSON.stringify({ kind: 'the guess' }) }],
  ['with escapes of YAML', { manifest: 'kind: "\\x74he\\u0020guess"' }],
  ['folded by YAML', { manifest: 'kind: >-\n  the\n  guess' }],
  ['behind an alias of YAML', { manifest: 'a: &a "\\x74he guess"\nb: *a' }],
  ['as a key of a second document', { manifest: 'a: 1\n---\n"the\\x20guess": 1' }],
])('what a caller said is known as it may come back: %s', async (_how, input) => {
  expect((await textsOf(input)).some(text => text.includes('the guess'))).toBe(true);
});

test('a number is a text as well, and what is no manifest is only what it is', async () => {
  expect(await textsOf({ limit: 12_345_678 })).toContain('12345678');
  expect(await textsOf({ grep: 'a: [b' })).toEqual(['grep', 'a: [b']);
  expect(await textsOf(undefined)).toEqual([]);
});
