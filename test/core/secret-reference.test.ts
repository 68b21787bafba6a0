import { expect, test } from 'vitest';
import { SecretReference } from '../../src/core/secret-reference.ts';

test.each([
  ['env:DB_PASSWORD', 'env', 'DB_PASSWORD'],
  ['file:/run/secrets/db', 'file', '/run/secrets/db'],
])('%s is a reference', (text, source, locator) => {
  const reference = SecretReference.parse(text);
  expect(reference).toMatchObject({ source, locator });
  expect(String(reference)).toBe(text);
  expect(SecretReference.is(reference)).toBe(true);
});

test.each(['hunter2', 'env:', 'env:A B', 'file:relative', 'file:/a\nb', 'vault:x', ' env:A', 'env:A\n'])(
  '%j is none',
  text => {
    expect(SecretReference.parse(text)).toBeUndefined();
  },
);

test('neither a string of an input nor an object of the same shape passes for one', () => {
  expect(SecretReference.is('env:DB_PASSWORD')).toBe(false);
  expect(SecretReference.is({ source: 'env', locator: 'DB_PASSWORD' })).toBe(false);
  expect(SecretReference.is(Object.create(SecretReference.prototype))).toBe(false);
});
