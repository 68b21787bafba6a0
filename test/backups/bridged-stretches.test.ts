import { expect, test } from 'vitest';
import { bridgedStretches } from '../../src/backups/bridged-stretches.ts';
import { type Stretch, stretchAt, stretchesOf } from '../../src/backups/point-in-time.ts';
import type { Manifest } from '../../src/core/copy.ts';

function manifest(
  copy: string,
  source: Record<string, string>,
  more: { at: string; needs?: string[] },
): Manifest {
  const { at, needs } = more;
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
    source: { system: '7', ...source },
    tools: {},
    ...(needs === undefined ? {} : { needs }),
  };
}

const [day1, day2] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
const base1 = manifest('c1', { kind: 'base', baseAt: day1, wal: '01' }, { at: day1 });
const wal1 = manifest(
  'c2',
  { kind: 'wal', baseAt: day1, wal: '05' },
  { at: '2026-01-01T12:00:00Z', needs: ['c1'] },
);
const base2 = manifest('c3', { kind: 'base', baseAt: day2, wal: '05' }, { at: day2 });
const wal2 = manifest(
  'c4',
  { kind: 'wal', baseAt: day2, wal: '08' },
  { at: '2026-01-02T06:00:00Z', needs: ['c3'] },
);
const wal3 = manifest(
  'c5',
  { kind: 'wal', baseAt: day2, wal: '09' },
  { at: '2026-01-02T12:00:00Z', needs: ['c3', 'c4'] },
);
const all = [base1, wal1, base2, wal2, wal3];

function reached(manifests: readonly Manifest[], moment: string): Stretch | undefined {
  const stretches = [
    ...stretchesOf(manifests, new Date('2026-01-09T00:00:00Z')),
    ...bridgedStretches(manifests),
  ];
  return stretchAt(
    stretches.toSorted((a, b) => a.to.getTime() - b.to.getTime()),
    new Date(moment),
  );
}

test.each([
  ['2026-01-01T12:00:01Z', 'c4', ['c1', 'c2']],
  ['2026-01-01T23:59:59Z', 'c4', ['c1', 'c2']],
  // What needs less to replay is taken where it reaches the moment.
  ['2026-01-01T06:00:00Z', 'c2', undefined],
  ['2026-01-02T03:00:00Z', 'c4', undefined],
  ['2026-01-02T11:00:00Z', 'c5', undefined],
])('%s, also between two copies of the whole server, is reached by %s over %j', (moment, copy, over) => {
  expect(reached(all, moment)).toMatchObject({ copy, ...(over === undefined ? {} : { over }) });
  expect(reached(all, moment)?.over).toEqual(over);
});

test('two copies of the whole server, one right after the other, are bridged too', () => {
  const next = { ...base2, source: { ...base2.source, wal: '01' } };
  expect(reached([base1, next, wal2, wal3], '2026-01-01T12:00:00Z')).toMatchObject({
    copy: 'c4',
    over: ['c1'],
  });
});

test.each<[string, Manifest[]]>([
  [
    'WAL was lost before the next copy',
    [base1, wal1, { ...base2, source: { ...base2.source, wal: '07' } }, wal2],
  ],
  ['it is another server', [base1, wal1, { ...base2, source: { ...base2.source, system: '8' } }, wal2]],
  ['no WAL was copied after the next copy', [base1, wal1, base2]],
  ['the last copy of WAL before is gone', [base1, base2, wal2]],
  ['only a later copy of WAL is there', [base1, wal1, base2, wal3]],
])('nothing is bridged where %s', (_, manifests) => {
  expect(bridgedStretches(manifests)).toEqual([]);
  expect(reached(manifests, '2026-01-01T18:00:00Z')).toBeUndefined();
});
