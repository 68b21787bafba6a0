import { describe, expect, test } from 'vitest';
import { compareContents } from '../../src/backups/compare-contents.ts';
import type { ContentItem, Contents } from '../../src/core/copy.ts';

const at = '2026-01-01T00:00:00Z';

function contents(
  how: Contents['how'],
  items: readonly ContentItem[],
  more: Partial<Contents> = {},
): Contents {
  return { how, at, items, ...more };
}

function failing(expected: Contents, found: Contents) {
  return compareContents(expected, found).filter(({ passed }) => !passed);
}

describe('what was counted in the snapshot that was dumped', () => {
  const orders = { name: 'public.orders', count: 2, hash: '12' };
  const expected = contents('snapshot', [orders, { name: 'public.people', count: 0, hash: '0' }]);

  test('fits where every count and hash is the same, in whatever order', () => {
    const checks = compareContents(expected, contents('snapshot', expected.items.toReversed()));
    expect(checks).toEqual([
      {
        what: "contents by count and hash, against the dump's own snapshot",
        passed: true,
        expected: '2 items with 2 entries',
        found: '2 items fit',
      },
    ]);
  });

  test.each<[string, ContentItem[], string]>([
    ['a row less', [{ ...orders, count: 1 }], '1 entries, hash 12'],
    ['another hash', [{ ...orders, hash: '13' }], '2 entries, hash 13'],
    ['no hash', [{ name: orders.name, count: 2 }], '2 entries'],
    ['no such table', [], 'not there'],
  ])('does not with %s, and the table is named', (_, found, said) => {
    const there = contents('snapshot', [...found, { name: 'public.people', count: 0, hash: '0' }]);
    expect(failing(expected, there)).toMatchObject([
      { what: 'public.orders', expected: '2 entries, hash 12', found: said },
      { found: '1 items fit' },
    ]);
  });

  test('does not with a table that was not there, and a hundred that are wrong are told in twenty-two lines', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ name: `t${index}`, count: 1 }));
    expect(failing(expected, contents('snapshot', [...expected.items, ...many]))).toHaveLength(22);
  });

  test('says how much was not compared', () => {
    const some = contents('snapshot', [], { left: 7 });
    expect(compareContents(some, contents('snapshot', []))).toContainEqual({
      what: '7 items past the bound were not compared',
      passed: true,
    });
  });
});

describe('a source that went on while it was copied', () => {
  const expected = contents(
    'marker',
    [
      { name: 'database shop', count: 1 },
      { name: 'shop: public.orders', count: 10, most: 12 },
      { name: 'shop: public.queue', count: 0, most: 3 },
      { name: 'shop: public.events', count: 100_000 },
    ],
    { marker: 'm1' },
  );
  const whole = [
    { name: 'database shop', count: 1 },
    { name: 'shop: public.orders', count: 11 },
    { name: 'shop: public.queue', count: 0 },
    { name: 'shop: public.events', count: 250_000 },
  ];
  const found = (items: readonly ContentItem[], marker = 'm1') => contents('marker', items, { marker });

  test('fits with its marker and as many rows as it had, which are told', () => {
    const checks = compareContents(expected, found(whole));
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(checks.at(-1)).toEqual({
      what: 'rows of 2 tables, beside those of the source before and after it was copied',
      passed: true,
      found: '11 rows there; the source had between 10 and 15',
    });
  });

  test('does not without its marker', () => {
    expect(failing(expected, found(whole, 'm0'))).toMatchObject([{ expected: 'm1', found: 'm0' }]);
    expect(failing(expected, contents('marker', whole))).toMatchObject([{ found: 'not there' }]);
  });

  test.each<[string, number | undefined]>([
    ['is empty', 0],
    ['is gone', undefined],
  ])(
    'does not where a table that held rows before and after %s, though its database is there',
    (_, count) => {
      const others = whole.filter(({ name }) => name !== 'shop: public.orders');
      const items = count === undefined ? others : [...others, { name: 'shop: public.orders', count }];
      expect(failing(expected, found(items))).toMatchObject([
        {
          what: 'nothing that held entries when the copy began is empty or gone',
          found: 'empty or gone: shop: public.orders',
        },
      ]);
    },
  );

  test('fits where a table that may have been empty meanwhile is empty, and tells of counts outside of what was seen', () => {
    const items = whole.map(each => (each.name === 'shop: public.orders' ? { ...each, count: 13 } : each));
    const checks = compareContents(expected, found(items));
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
    expect(checks.at(-1)?.found).toContain('outside of that: shop: public.orders 13, not 10 to 12');
  });

  test('without a marker is said to prove nothing of how new it is', () => {
    const { marker: _, ...rest } = expected;
    expect(compareContents(rest, contents('marker', whole))[0]).toEqual({
      what: 'no marker was written to the source: how new the copy is, nothing proves',
      passed: true,
    });
  });
});
