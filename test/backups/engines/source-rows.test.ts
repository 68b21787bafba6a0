import { expect, test } from 'vitest';
import { type RowsSeen, rowsBetween } from '../../../src/backups/engines/source-rows.ts';

const glance = { tables: 10, rows: 100 };
const name = 'shop: public.orders';

function seen(rows: number, { deleted = 0, file = '1' } = {}): RowsSeen {
  return { tables: new Map([[name, { rows, deleted, file }]]), left: 0 };
}

test.each<[string, RowsSeen, RowsSeen, object]>([
  ['nobody wrote', seen(7), seen(7), { count: 7, most: 7 }],
  ['rows came', seen(7), seen(9), { count: 7, most: 9 }],
  ['rows went', seen(7), seen(5, { deleted: 2 }), { count: 5, most: 7 }],
  ['as many came as went', seen(7), seen(7, { deleted: 3 }), { count: 4, most: 7 }],
  ['all of them went, and others came', seen(7), seen(7, { deleted: 7 }), { count: 0, most: 7 }],
  ['more went than were there', seen(7), seen(7, { deleted: 500 }), { count: 0, most: 7 }],
  ['it was emptied at once and filled again', seen(7), seen(7, { file: '2' }), { count: 0, most: 7 }],
  ['the counters were set back', seen(7, { deleted: 9 }), seen(7), { count: 0, most: 7 }],
  ['more are there than were counted', seen(100), seen(100), { count: 100 }],
  ['more are there, and some went', seen(100), seen(100, { deleted: 30 }), { count: 70 }],
])('the fewest and the most rows of a copy, where %s', (_, before, after, held) => {
  expect(rowsBetween(before, { after, glance })).toEqual([{ name, ...held }]);
});

test('of a table that is gone after the copy nothing is asked', () => {
  expect(rowsBetween(seen(7), { after: { tables: new Map(), left: 0 }, glance })).toEqual([]);
});
