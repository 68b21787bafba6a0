import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { homeAt } from '../../src/config/home.ts';
import { copiesKeyOf, loadKeys } from '../../src/config/keys.ts';
import { temporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, 'processes', 'print-keys.ts');

test('the keys are made once, stay the same, differ from each other, and are for their owner alone', async () => {
  const home = homeAt(join(await temporaryFolder(), 'home'));
  const keys = await loadKeys(home);
  expect(await loadKeys(home)).toEqual(keys);
  const all = [keys.seal, keys.digest, keys.copies];
  expect(all.map(({ length }) => length)).toEqual([32, 32, 32]);
  expect(new Set(all.map(key => Buffer.from(key).toString('hex'))).size).toBe(3);
  expect((await stat(home.keyFile)).mode & 0o777).toBe(0o600);
  expect((await stat(dirname(home.keyFile))).mode & 0o777).toBe(0o700);
  const kept = Buffer.from(await readFile(home.keyFile, 'utf8'), 'base64');
  expect(all.some(key => kept.equals(key))).toBe(false);
  expect(copiesKeyOf(await readFile(home.keyFile, 'utf8'))).toEqual(keys.copies);
  expect(copiesKeyOf('c2hvcnQ=')).toBeUndefined();
});

test('processes that make them at the same moment end with one key', async () => {
  const home = homeAt(join(await temporaryFolder(), 'home'));
  const printed = await Promise.all([1, 2, 3, 4].map(() => run(process.execPath, [program, home.dir])));
  expect(new Set(printed.map(({ stdout }) => stdout)).size).toBe(1);
  expect(printed[0]?.stdout).toMatch(/^[0-9a-f]{192}$/);
  expect(await readdir(dirname(home.keyFile))).toEqual(['installation.key']);
});

test('whoever makes them second takes those of the first', async () => {
  const home = homeAt(join(await temporaryFolder(), 'home'));
  const [first, ...others] = await Promise.all(Array.from({ length: 8 }, () => loadKeys(home)));
  for (const keys of others) expect(keys).toEqual(first);
});

test('a key that others may read, or that is none, is refused with its file', async () => {
  const home = homeAt(join(await temporaryFolder(), 'home'));
  await loadKeys(home);
  await chmod(home.keyFile, 0o644);
  await expect(loadKeys(home)).rejects.toMatchObject({ code: 'STORE', hint: `chmod 600 '${home.keyFile}'` });
  await chmod(home.keyFile, 0o600);
  await writeFile(home.keyFile, 'short');
  await expect(loadKeys(home)).rejects.toMatchObject({ code: 'STORE', details: { file: home.keyFile } });
});
