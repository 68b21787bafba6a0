import { describe, expect, test } from 'vitest';
import { TreeItems } from '../../../src/backups/engines/tree-items.ts';
import type { TreeEntry } from '../../../src/core/copied-trees.ts';
import { fc } from '../../support/properties.ts';

const file = 0o100_644;
const folder = 0o040_755;

function counted(paths: readonly string[], entries: readonly TreeEntry[]): ReturnType<TreeItems['items']> {
  const items = new TreeItems(paths);
  for (const entry of entries) items.addEntry(entry);
  return items.items();
}

/** As stat(1) prints it in the folder that it was restored to. */
function printed({ mode, size, path }: TreeEntry): string {
  return `${mode.toString(16)} ${mode === file ? size : '-'} .${path}`;
}

const name = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '\n', '\r', '\u2028', '-', '8', '.', '/', 'é', '\uFFFD'),
});
const entry = fc.record({
  path: name.map(text => `/srv/${text}`),
  mode: fc.constantFrom(file, folder),
  size: fc.nat(1_000),
});

describe('what is counted and hashed of a tree', () => {
  test('is the same whatever the order and however names look, listed or printed', () => {
    fc.assert(
      fc.property(
        fc
          .array(entry)
          .chain(entries =>
            fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
          ),
        ([entries, shuffled]) => {
          const lines = new TreeItems(['/srv']);
          for (const text of shuffled.map(printed)) for (const line of text.split('\n')) lines.addLine(line);
          expect(lines.items()).toEqual(counted(['/srv'], entries));
        },
      ),
    );
  });

  test.each([
    ['a size', { size: 2 }],
    ['a mode', { mode: 0o100_600 }],
    ['a name', { path: '/srv/B' }],
    ['a kind', { mode: 0o120_644 }],
  ])('tells two trees apart by %s', (_what, more) => {
    const one = { path: '/srv/b', mode: file, size: 1 };
    const [before] = counted(['/srv'], [one]);
    const [after] = counted(['/srv'], [{ ...one, ...more }]);
    expect(after?.count).toBe(1);
    expect(after?.hash).not.toBe(before?.hash);
  });

  test('tells a file from two, and the same file twice from none', () => {
    const one = { path: '/srv/b', mode: file, size: 1 };
    expect(counted(['/srv'], [one, one])[0]).not.toEqual(counted(['/srv'], [])[0]);
    expect(counted(['/srv'], [one, one])[0]?.hash).not.toBe(counted(['/srv'], [one])[0]?.hash);
  });

  test('is told for each path apart, and folders above them are left out', () => {
    const entries = ['/srv', '/srv/a', '/srv/a/1', '/srv/ab', '/srv/ab/2', '/srv/ab/3'].map(path => ({
      path,
      mode: folder,
      size: 0,
    }));
    const items = counted(['/srv/a', '/srv/ab'], entries);
    expect(items.map(({ name: path, count }) => [path, count])).toEqual([
      ['/srv/a', 2],
      ['/srv/ab', 3],
    ]);
  });

  test('holds for the whole of a machine, too', () => {
    expect(counted(['/'], [{ path: '/etc', mode: folder, size: 0 }])[0]).toMatchObject({
      name: '/',
      count: 1,
    });
  });

  test('does not depend on how many signs a decoder puts for bytes that are no UTF-8', () => {
    const at = (path: string): TreeEntry => ({ path, mode: file, size: 1 });
    expect(counted(['/srv'], [at('/srv/\uFFFD\uFFFDn')])).toEqual(counted(['/srv'], [at('/srv/\uFFFDn')]));
  });
});
