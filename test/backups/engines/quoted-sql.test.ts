import { expect, test } from 'vitest';
import { identifier } from '../../../src/backups/engines/quoted-sql.ts';
import { fc } from '../../support/properties.ts';

test('a quote in a name is doubled, and other names stay as they are', () => {
  expect(identifier('odd "schema"')).toBe('"odd ""schema"""');
  expect(identifier('a!b')).toBe('"a!b"');
});

test('line breaks and backslashes are written as their numbers', () => {
  expect(identifier('a!\n\\! "id"')).toBe(`U&"a!!!000a!005c!! ""id""" UESCAPE '!'`);
});

test('no name makes a second line, a backslash, or an end of its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      const written = identifier(name);
      expect(written).not.toMatch(/[\p{Cc}\\]/u);
      expect(written.replace(/^U&/, '').replace(/ UESCAPE '!'$/, '')).toMatch(/^"(?:[^"]|"")*"$/u);
    }),
  );
});
