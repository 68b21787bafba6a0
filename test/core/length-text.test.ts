import { expect, test } from 'vitest';
import { ageText, lengthText } from '../../src/core/length-text.ts';

test.each([
  [0, '0 ms'],
  [0.2, '200 ms'],
  [4.25, '4.3 s'],
  [119, '119 s'],
  [180, '3 min'],
  [5_400, '90 min'],
  [7_200, '2 h'],
  [12_600, '3.5 h'],
  [3 * 86_400, '3 d'],
])('%d seconds are told as %s', (seconds, told) => {
  expect(lengthText(seconds)).toBe(told);
});

test.each([
  [-1, '0m'],
  [119 * 60_000, '119m'],
  [120 * 60_000, '2h'],
  [71 * 3_600_000, '71h'],
  [72 * 3_600_000, '3d'],
])('an age of %d ms is told as %s', (ms, told) => {
  expect(ageText(ms)).toBe(told);
});
