import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeCacheFolder } from '../src/code-cache.ts';
import { main } from './support/command-line.ts';

const isRoot = process.getuid?.() === 0;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(realpathSync(tmpdir()), 'vigie-cache-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('compiled code is kept in a folder of this account alone', () => {
  const folder = codeCacheFolder({ XDG_CACHE_HOME: dir });
  expect(folder).toBe(join(dir, 'vigie'));
  expect(lstatSync(join(dir, 'vigie')).mode & 0o777).toBe(0o700);
});

test.each([
  ['the folder itself may be written by others', 'vigie', 0o770],
  ['a folder around it may be written by others', '.', 0o777],
])('nothing is kept where %s', (_what, name, mode) => {
  mkdirSync(join(dir, 'vigie'), { mode: 0o700 });
  chmodSync(join(dir, name), mode);
  expect(codeCacheFolder({ XDG_CACHE_HOME: dir })).toBeUndefined();
});

test('a link is judged by where it leads', () => {
  for (const name of ['open', 'linked']) mkdirSync(join(dir, name));
  mkdirSync(join(dir, 'open', 'vigie'), { mode: 0o700 });
  chmodSync(join(dir, 'open'), 0o777);
  symlinkSync(join(dir, 'open', 'vigie'), join(dir, 'linked', 'vigie'));
  expect(codeCacheFolder({ XDG_CACHE_HOME: join(dir, 'linked') })).toBeUndefined();
});

test('where no folder can be made, nothing is kept, and the start goes on', () => {
  expect(codeCacheFolder({ XDG_CACHE_HOME: join(dir, 'not', 'there') })).toBeUndefined();
  expect(codeCacheFolder({ XDG_CACHE_HOME: '/proc/self' })).toBeUndefined();
  expect(codeCacheFolder({ XDG_CACHE_HOME: '/proc/none' })).toBeUndefined();
});

test.skipIf(!isRoot)('a folder of another account is not ours, nor what lies in one', () => {
  mkdirSync(join(dir, 'vigie'), { mode: 0o700 });
  chownSync(join(dir, 'vigie'), 5, 60);
  expect(codeCacheFolder({ XDG_CACHE_HOME: dir })).toBeUndefined();
  chownSync(join(dir, 'vigie'), 0, 0);
  expect(codeCacheFolder({ XDG_CACHE_HOME: dir })).toBe(join(dir, 'vigie'));
  chownSync(dir, 5, 60);
  expect(codeCacheFolder({ XDG_CACHE_HOME: dir })).toBeUndefined();
});

test('the program keeps its code there, and leaves Node’s own place in the shared folder alone', () => {
  const [cache, shared] = [join(dir, 'cache'), join(dir, 'shared')];
  for (const folder of [cache, shared]) mkdirSync(folder, { mode: 0o700 });
  execFileSync(process.execPath, [main, 'version'], {
    env: { PATH: process.env['PATH'], HOME: dir, XDG_CACHE_HOME: cache, TMPDIR: shared },
  });
  expect(readdirSync(join(cache, 'vigie'))).not.toEqual([]);
  expect(readdirSync(shared)).toEqual([]);
});
