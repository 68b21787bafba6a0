import { expect, test } from 'vitest';
import { shareOf } from '../../src/kubernetes/share.ts';

test.each([
  [3, 10, 3],
  ['25%', 10, 3],
  ['0%', 10, 0],
  ['100%', 7, 7],
  ['x', 10, 0],
])('%j of %d pods, rounded up, are %d', (value, of, pods) => {
  expect(shareOf(value, { of, round: Math.ceil })).toBe(pods);
});

test('the other way round there are fewer', () => {
  expect(shareOf('25%', { of: 10, round: Math.floor })).toBe(2);
});
