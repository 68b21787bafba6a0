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
  [
    'in a JSON patch',
    { patch: '[{"op": "add", "path": "/a", "value": "\\x74he guess"}]'.replace('\\x', '\\u00') },
  ],
  ['in a JSON patch as YAML', { patch: '[{op: add, path: /a, value: "\\x74he guess"}]' }],
  ['as a key of a second document', { manifest: 'a: 1\n---\n"the\\x20guess": 1' }],
])('what a caller said is known as it may come back: %s', async (_how, input) => {
  expect((await textsOf(input)).some(text => text.includes('the guess'))).toBe(true);
});

test.each([
  ['behind the name of a variable', { env: ['MODE=the guess'] }],
  ['before its value', { env: ['the guess=1'] }],
  ['as what goes', { labels: ['the guess-'] }],
  ['as a resource', { resources: ['limits.the guess=1'] }],
  ['as the key of a Secret', { env: ['MODE@secret/db/the guess'] }],
  ['as the target of a patch', { patch: '[{"op": "add", "path": "/data/the guess", "value": "1"}]' }],
])('what stands whole in a word of the caller is known by itself: %s', async (_how, input) => {
  expect(await textsOf(input)).toContain('the guess');
});

test('a number is a text as well, and what is no manifest is only what it is', async () => {
  expect(await textsOf({ limit: 12_345_678 })).toContain('12345678');
  expect(await textsOf({ grep: 'a: [b' })).toEqual(['grep', 'a: [b']);
  expect(await textsOf(undefined)).toEqual([]);
});
