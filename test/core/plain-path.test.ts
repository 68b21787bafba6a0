import { expect, test } from 'vitest';
import { isPlainPath } from '../../src/core/plain-path.ts';

test.each(['/srv/restored', '/srv/Übung_2.d/a+b@c-1', '/a'])('%s is plain', path => {
  expect(isPlainPath(path)).toBe(true);
});

test.each([
  '',
  'srv',
  '/',
  '/srv/',
  '/srv//a',
  '/srv/a b',
  '/srv/r$(touch${IFS}pwn2)',
  '/srv/`id`',
  '/srv/a;id',
  '/srv/a,b',
  '/srv/a"b',
  "/srv/a'b",
  '/srv/a\nb',
  '/srv/a\\b',
  '/srv/%f',
])('%j is not', path => {
  expect(isPlainPath(path)).toBe(false);
});
