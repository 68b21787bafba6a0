import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { packTar } from '../../../src/core/tar.ts';
import { filesOf } from '../../../src/pipeline/changes/archive-files.ts';
import { fc } from '../../support/properties.ts';

const entry = (path: string) => ({ path, mode: 0o644, bytes: Buffer.from(path) });

test('the files below the path that was asked for come out, by their names below it', () => {
  const archive = packTar([entry('var/log/a'), entry('./var/log/b/c'), entry('/var/log/d')]);
  expect(filesOf(archive, '/var/log').files.map(({ path }) => path)).toEqual(['a', 'b/c', 'd']);
  expect(filesOf(packTar([entry('var/log')]), '/var/log').files).toMatchObject([{ path: '' }]);
});

test.each([
  'var/log/../../etc/passwd',
  'etc/passwd',
  '../x',
  'var/log/a/./b',
  'var/log//a',
  'var/logs/a',
  'var/log/\u001b[2Ja',
  'var',
])('an archive that holds %s is worth nothing', path => {
  expect(() => filesOf(packTar([entry('var/log/ok'), entry(path)]), '/var/log')).toThrow(
    'nothing of it was written',
  );
});

test('a name twice, or as a file and a folder, makes the archive worth nothing', () => {
  for (const pair of [
    ['v/a', 'v/a'],
    ['v/a', 'v/a/b'],
    ['v/a/b', 'v/a'],
    ['v', 'v/a'],
  ])
    expect(() => filesOf(packTar(pair.map(entry)), '/v')).toThrow('nothing of it was written');
});

test('links and devices are left out, and counted', () => {
  const archive = packTar([entry('v/link'), entry('v/file')]);
  archive.write('2', 156, 'ascii');
  // The changed type changes the sum of the header.
  const sum = Number.parseInt(archive.toString('ascii', 148, 154), 8) + 2;
  archive.write(sum.toString(8).padStart(6, '0'), 148, 'ascii');
  expect(filesOf(archive, '/v')).toMatchObject({ files: [{ path: 'file' }], leftOut: 1 });
});

test('no archive writes outside of the folder it is unpacked into', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.array(fc.constantFrom('..', '.', '', 'v', 'a', '/'), { maxLength: 8 }).map(parts => parts.join('/')),
  );
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 4 }), paths => {
      try {
        const { files } = filesOf(packTar(paths.map(entry)), '/v');
        for (const { path } of files) {
          const at = posix.resolve('/into', path);
          expect(at === '/into' || at.startsWith('/into/')).toBe(true);
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
      }
    }),
  );
});
