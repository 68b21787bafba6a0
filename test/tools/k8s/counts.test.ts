import { expect, test } from 'vitest';
import { countBy, countText } from '../../../src/tools/k8s/counts.ts';

test('the most frequent value comes first', () => {
  const counts = countBy(['Pending', 'Running', 'Running']);
  expect(countText(counts)).toBe(': 2 Running, 1 Pending');
  expect(countText({})).toBe('');
});

test('many different values end under one name, and none is lost', () => {
  const counts = countBy(Array.from({ length: 40 }, (_, n) => `Init:${n}/40`));
  expect(Object.keys(counts)).toHaveLength(13);
  expect(counts['other']).toBe(28);
});

test('a status named like a member of every object is counted like any other', () => {
  expect(countBy(['constructor', 'constructor'])).toEqual({ constructor: 2 });
});
