import { expect, test } from 'vitest';
import { stretchAt, stretchesOf } from '../../src/backups/point-in-time.ts';
import type { Manifest } from '../../src/core/copy.ts';

function manifest(copy: string, source: Record<string, string>, at: string): Manifest {
  return {
    version: 1,
    set: 'shop',
    copy,
    engine: 'postgres-physical',
    startedAt: at,
    finishedAt: at,
    parts: [],
    encryption: 'none',
    contents: { how: 'marker', at, items: [] },
    source,
    tools: {},
  };
}

const copies = [
  manifest('base-1', { kind: 'base', baseAt: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00Z'),
  manifest('wal-1', { kind: 'wal', baseAt: '2026-01-01T00:00:00Z' }, '2026-01-01T06:00:00Z'),
  manifest('wal-2', { kind: 'wal', baseAt: '2026-01-01T00:00:00Z' }, '2026-01-01T12:00:00Z'),
  manifest('base-2', { kind: 'base', baseAt: '2026-01-02T00:00:00Z' }, '2026-01-02T00:00:00Z'),
  manifest('wal-3', { kind: 'wal', baseAt: '2026-01-02T00:00:00Z' }, '2026-01-02T06:00:00Z'),
  manifest('dump', {}, '2026-01-02T08:00:00Z'),
];

test.each([
  ['2026-01-01T03:00:00Z', 'wal-1'],
  ['2026-01-01T06:00:00Z', 'wal-1'],
  ['2026-01-01T06:00:01Z', 'wal-2'],
  ['2026-01-02T01:00:00Z', 'wal-3'],
  ['2025-12-31T23:59:59Z', undefined],
  ['2026-01-01T18:00:00Z', undefined],
  ['2026-01-02T07:00:00Z', undefined],
])('%s is reached by %s', (moment, copy) => {
  expect(stretchAt(stretchesOf(copies, new Date('2026-01-03T00:00:00Z')), new Date(moment))?.copy).toBe(copy);
});

test.each([
  ['2026-01-01T01:00:00Z', 'first'],
  ['2026-01-02T01:00:00Z', 'second'],
  ['2025-12-31T00:00:00Z', undefined],
  ['2026-01-03T00:00:01Z', undefined],
])('%s is reached by %s where an operator archives WAL', (moment, copy) => {
  const operated = [
    manifest('first', { archive: 'yes' }, '2026-01-01T00:00:00Z'),
    manifest('second', { archive: 'yes' }, '2026-01-02T00:00:00Z'),
    manifest('third', { archive: 'no' }, '2026-01-02T12:00:00Z'),
  ];
  expect(stretchAt(stretchesOf(operated, new Date('2026-01-03T00:00:00Z')), new Date(moment))?.copy).toBe(
    copy,
  );
});
