import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openScratchFolder } from '../../src/backups/scratch-folder.ts';
import { localRunner } from '../../src/processes/local-runner.ts';

const { signal } = new AbortController();
let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'scratch-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

test('is empty, closed to others, and gone at its end with what works in it', async () => {
  const folder = await openScratchFolder(localRunner, { base, signal });
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  expect(folder.freeBytes).toBeGreaterThan(0);
  writeFileSync(join(folder.path, 'data'), 'x');
  const server = spawn('sleep', ['1000'], { cwd: folder.path, stdio: 'ignore' });
  const gone = new Promise(done => server.once('exit', (_code, by) => done(by)));
  expect(await folder.end()).toBe(true);
  expect(existsSync(folder.path)).toBe(false);
  expect(await gone).toBe('SIGQUIT');
});

test('ends by force what does not end when asked', async () => {
  const folder = await openScratchFolder(localRunner, { base, signal });
  const stubborn = spawn('sh', ['-c', 'trap "" QUIT; echo up; while :; do sleep 0.1; done'], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise(up => stubborn.stdout.once('data', up));
  const gone = new Promise(done => stubborn.once('exit', (_code, by) => done(by)));
  expect(await folder.end()).toBe(true);
  expect(await gone).toBe('SIGKILL');
});

test('goes also when the process that made it is killed', async () => {
  const owner = spawn(process.execPath, [resolve('test/backups/processes/hold-scratch.ts'), base], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const path = await new Promise<string>(done => {
    owner.stdout.once('data', (line: Buffer) => done(line.toString().trim()));
  });
  expect(existsSync(path)).toBe(true);
  owner.kill('SIGKILL');
  await expect.poll(() => existsSync(path)).toBe(false);
});

test('removes what others left who are dead, and nothing else', async () => {
  const living = await openScratchFolder(localRunner, { base, signal });
  const boot = living.path.slice(-8);
  const kept = [join(base, 'vigie-scratch-notes'), join(base, `other-1-1-${boot}`)];
  const left = [join(base, `vigie-scratch-999999999-1-${boot}`), join(base, 'vigie-scratch-1-1-00000000')];
  for (const each of [...kept, ...left]) mkdirSync(each);
  const next = await openScratchFolder(localRunner, { base, signal });
  expect(next.swept).toBe(2);
  expect(left.map(each => existsSync(each))).toEqual([false, false]);
  expect([...kept, living.path, next.path].every(each => existsSync(each))).toBe(true);
  await living.end();
  await next.end();
});

test('says where and why none can be made', async () => {
  await expect(openScratchFolder(localRunner, { base: join(base, 'none'), signal })).rejects.toMatchObject({
    code: 'BACKUP',
    message: expect.stringMatching(/^On this machine no scratch folder could be made: .*none/),
  });
});
