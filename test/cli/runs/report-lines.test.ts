import { expect, test } from 'vitest';
import { reportLines } from '../../../src/cli/runs/report-lines.ts';

test('a report is told by its names, with a line for each item of a list', () => {
  const report = { mended: ['Deployment/cart'], forPeople: [], replicas: 3, found: { a: true } };
  expect(reportLines({ report })).toEqual([
    '  mended:',
    '    Deployment/cart',
    '  forPeople: none',
    '  replicas: 3',
    '  found: {"a":true}',
  ]);
});

test('what a cluster says in it cannot reach the terminal, and a long list is cut', () => {
  const items = Array.from({ length: 25 }, (_, index) => `\u001b[31m${index}\n${'x'.repeat(500)}`);
  const lines = reportLines({ report: { items } });
  expect(lines).toHaveLength(22);
  expect(lines.at(-1)).toBe('    … 5 more');
  expect(lines.join('')).not.toMatch(/\p{Cc}/u);
  expect(Math.max(...lines.map(line => line.length))).toBeLessThan(320);
});

test('a run without a report tells nothing more', () => {
  expect(reportLines({})).toEqual([]);
  expect(reportLines(undefined)).toEqual([]);
});
