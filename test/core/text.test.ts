import { expect, test } from 'vitest';
import { cleanLine, cleanText, hiddenCharacters } from '../../src/core/text.ts';

test.each([
  ['colours', '\u001B[31mred\u001B[0m', 'red'],
  ['a hyperlink', '\u001B]8;;http://evil\u0007click\u001B]8;;\u0007', 'click'],
  ['a title change', '\u001B]0;owned\u001B\\x', 'x'],
  ['a cursor move', 'a\u001B[2Ab', 'ab'],
  ['a one-byte CSI', 'a\u009B31mb', 'ab'],
  ['bidi overrides', 'user\u202Egpj.exe\u202C', 'usergpj.exe'],
  ['zero-width characters', 'pass\u200Bword\uFEFF', 'password'],
  ['tag characters', 'hi\u{E0041}\u{E0042}', 'hi'],
  ['control characters', 'a\u0000\u0007\u0008b', 'ab'],
  ['an escape cut in the middle', 'a\u001B', 'a'],
])('%s are taken out', (_name, text, clean) => {
  expect(cleanText(text)).toBe(clean);
});

test('what people write stays: accents, emoji, tabs and line breaks', () => {
  expect(cleanText('déployé ✓ 日本\t1\r\n2')).toBe('déployé ✓ 日本\t1\n2');
});

test('what was hidden is counted', () => {
  expect(hiddenCharacters('a\u200Bb\u202E')).toBe(2);
  expect(hiddenCharacters('plain\r\ntext')).toBe(0);
});

test('a line is one line, and a cut says how much is missing', () => {
  expect(cleanLine('a\n  b')).toBe('a b');
  expect(cleanLine('one two three', 8)).toBe('one two … (+5 characters)');
  expect(cleanLine('one two three', 7)).toBe('one two… (+6 characters)');
});

test('a cut goes through no word, since half a secret would not be known for one', () => {
  expect(cleanLine('the login with kkkkkkkk failed', 20)).toBe('the login with … (+15 characters)');
  // Without blanks it takes a bounded part.
  expect(cleanLine('x'.repeat(3_000), 2_000)).toBe(`${'x'.repeat(2_000 - 128)}… (+1128 characters)`);
  expect(cleanLine('x'.repeat(12), 10)).toBe('xxxxx… (+7 characters)');
});
