import { expect, test } from 'vitest';
import { newId, readId } from '../../src/core/ids.ts';

test('an id is eight characters that nobody confuses, and never reads as a number', () => {
  const ids = Array.from({ length: 500 }, newId);
  for (const id of ids) expect(id).toMatch(/^[abcdefghjkmnpqrstvwxyz][0-9abcdefghjkmnpqrstvwxyz]{7}$/);
  expect(new Set(ids).size).toBe(500);
});

test.each([
  [' K3X9QF2M ', 'k3x9qf2m'],
  ['koxlqfim', 'k0x1qf1m'],
  ['k3x9qf2', undefined],
  ['k3x9qf2u', undefined],
  ['k3x9qf2m9', undefined],
  ['../../..', undefined],
])('%j is read as %j', (typed, id) => {
  expect(readId(typed)).toBe(id);
});
