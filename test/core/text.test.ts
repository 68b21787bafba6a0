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
  expect(cleanLine('x'.repeat(12), 10)).toBe('xxxxxxxxxx… (+2 characters)');
});
