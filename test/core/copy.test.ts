import { expect, test } from 'vitest';
import { copyTime, drillName, isPartName, newCopyId } from '../../src/core/copy.ts';

test('ids of copies tell their time and sort by it', () => {
  const early = newCopyId(new Date('2026-11-22T03:36:04.123Z'));
  const late = newCopyId(new Date('2026-11-22T10:00:00Z'));
  expect(early).toMatch(/^20261122T033604Z-[a-z]{4}$/);
  expect([late, early].sort()).toEqual([early, late]);
  expect(copyTime(early)).toEqual(new Date('2026-11-22T03:36:04Z'));
});

test.each(['', 'x', '20261322T033604Z-abcd', '20261122T033604Z-abcd/..', '../20261122T033604Z-abcd'])(
  '%j is no id of a copy',
  text => expect(copyTime(text)).toBeUndefined(),
);

test.each(['../x', 'a/b', '.hidden', 'manifest.json', drillName(new Date()), 'x.partial', '', 'a b', '-rf'])(
  'no part may be called %j',
  name => expect(isPartName(name)).toBe(false),
);

test('parts have plain names', () => {
  for (const name of ['shop.dump', 'globals.sql', 'base.tar.gz', 'dump.rdb'])
    expect(isPartName(name)).toBe(true);
});

test('ids sort by when they were drawn, within one second too', () => {
  const second = Date.UTC(2026, 10, 22, 5);
  const ids = Array.from({ length: 300 }, (_, index) => newCopyId(new Date(second + index * 3)));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(Array.from({ length: 40 }, () => newCopyId(new Date(second)))).size).toBeGreaterThan(30);
  for (const id of ids) expect(copyTime(id)).toEqual(new Date(second));
});
