import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packTar, unpackTar } from '../../src/core/tar.ts';
import { fc } from '../support/properties.ts';

const long = `${'folder-of-some-length/'.repeat(8)}file`;
const entries = [
  { path: 'a', mode: 0o755, bytes: Buffer.from('x'.repeat(513)) },
  { path: 'empty', mode: 0o600, bytes: Buffer.alloc(0) },
  { path: long, mode: 0o644, bytes: Buffer.from('deep') },
  { path: 'é/ü', mode: 0o644, bytes: Buffer.from('utf8') },
];

test('what is packed is read again', () => {
  expect(unpackTar(packTar(entries))).toEqual(entries.map(entry => ({ ...entry, kind: 'file' })));
});

test.each(['gnu', 'posix', 'ustar'])(
  'the tar of this machine reads it, and is read in its %s format',
  format => {
    const folder = mkdtempSync(join(tmpdir(), 'vigie-tar-'));
    try {
      execFileSync('tar', ['-xf', '-', '-C', folder], { input: packTar(entries) });
      expect(readFileSync(join(folder, long), 'utf8')).toBe('deep');
      mkdirSync(join(folder, 'more'));
      writeFileSync(join(folder, 'more', 'b'), 'b');
      const archive = execFileSync('tar', [`--format=${format}`, '-cf', '-', '-C', folder, '.']);
      const files = unpackTar(archive).filter(({ kind }) => kind === 'file');
      expect(files.map(({ path }) => path).toSorted()).toEqual(
        [...entries.map(({ path }) => `./${path}`), './more/b'].toSorted(),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test('half an archive, and what is none, are refused', () => {
  const whole = packTar(entries);
  for (const bytes of [
    whole.subarray(0, 512),
    whole.subarray(0, 1_100),
    whole.subarray(0, -1_024),
    Buffer.alloc(0),
  ])
    expect(() => unpackTar(bytes)).toThrow('cannot be read');
  const changed = Buffer.from(whole);
  changed[3] = 0x41;
  expect(() => unpackTar(changed)).toThrow('does not add up');
});

test('no bytes are anything but an archive or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3_000 }), bytes => {
      try {
        unpackTar(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
      }
    }),
  );
});
