import { expect, test } from 'vitest';
import { fittingRows, tableHeader, tableLine } from '../../src/tools/text-table.ts';
import { fc } from '../support/properties.ts';

test('an empty cell still counts as a column', () => {
  expect(tableLine(['web', '', null, undefined, 0, false])).toBe('web  -  -  -  0  false');
});

test('a cell cannot break its line or hide what it holds', () => {
  expect(tableLine(['a\nb', '\u001B[2Jc', 'd\u202Ee'])).toBe('a b  c  de');
});

test('names of columns are one word each', () => {
  expect(tableHeader(['Name', 'Nominated Node'])).toBe('NAME  NOMINATED-NODE');
});

test('as many rows are taken from the start as fit into the JSON of an answer, and no fewer', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.nat(400), (rows, bytes) => {
      const size = (some: string[]) =>
        some.reduce((sum, row) => sum + Buffer.byteLength(JSON.stringify(row)) + 1, 0);
      const fitting = fittingRows(rows, bytes);
      expect(fitting).toEqual(rows.slice(0, fitting.length));
      expect(size(fitting)).toBeLessThanOrEqual(bytes);
      if (fitting.length < rows.length)
        expect(size(rows.slice(0, fitting.length + 1))).toBeGreaterThan(bytes);
    }),
  );
});
