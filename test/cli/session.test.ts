import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';

const script = join(import.meta.dirname, 'processes', 'stop-when-told.ts');

interface Started {
  child: ChildProcess;
  /** So far. */
  heard: () => string;
  /** To its end. */
  said: Promise<string>;
  ended: Promise<unknown[]>;
}

async function start(): Promise<Started> {
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let heard = '';
  child.stdout.on('data', (data: Buffer) => {
    heard += data.toString();
  });
  const said = once(child, 'close').then(() => heard);
  await once(child.stdout, 'data');
  return { child, heard: () => heard, said, ended };
}

test('a command that is told twice in one breath to stop records what it has to', async () => {
  const { child, said, ended } = await start();
  // Two of one kind may come as one.
  child.kill('SIGTERM');
  child.kill('SIGINT');
  child.stdin?.end();
  expect(await said).toMatch(/Stopping[^]*recorded/);
  expect(await ended).toEqual([0, null]);
});

test('a command that is told again to stop leaves at once', async () => {
  const { child, heard, said, ended } = await start();
  child.kill('SIGTERM');
  // Longer than a breath, which begins where the first one is heard.
  await eventually(() => expect(heard()).toContain('Stopping'));
  await pause(400);
  child.kill('SIGTERM');
  expect(await said).not.toContain('recorded');
  expect(await ended).toEqual([130, null]);
});
