import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/processes/run-program.ts';
import { temporaryFolder } from '../store/open-temporary.ts';
import { PseudoTerminal } from '../support/pseudo-terminal.ts';

const env = { PATH: process.env['PATH'] ?? '' };
const { signal } = new AbortController();
const limits = { programMs: 60_000, outputBytes: 1_000 };

test('a program has no terminal, though Vigie has one', async () => {
  const file = fileURLToPath(new URL('processes/look-for-terminal.ts', import.meta.url));
  const terminal = new PseudoTerminal([process.execPath, file], process.env);
  try {
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown).toContain('found none');
  } finally {
    terminal.close();
  }
});

test('a program that fails says why in a few words, and one that is not there is named', async () => {
  await expect(runProgram(['sh', '-c', 'echo no >&2; exit 3'], { env, signal, limits })).rejects.toThrow(
    'sh ended with 3: no',
  );
  await expect(runProgram(['no-such-program'], { env, signal, limits })).rejects.toThrow(
    'no-such-program is not installed',
  );
});

test.each([
  ['takes too long', 'sleep 60', { ...limits, programMs: 50 }, 'sh did not end within 0.05 s'],
  ['says too much', 'while :; do echo more; done', limits, 'sh wrote too much'],
])('a program that %s is ended', async (_case, script, bounds, why) => {
  await expect(runProgram(['sh', '-c', script], { env, signal, limits: bounds })).rejects.toThrow(why);
});

test('a program that is stopped is ended with what it started', async () => {
  const file = join(await temporaryFolder(), 'pid');
  const stop = new AbortController();
  const running = runProgram(['sh', '-c', `sleep 60 & echo $! > '${file}'; wait`], {
    env,
    signal: stop.signal,
    limits,
  });
  const pid = await expect
    .poll(async () => Number(await readFile(file, 'utf8').catch(() => '')))
    .toBeGreaterThan(0)
    .then(async () => Number(await readFile(file, 'utf8')));
  stop.abort();
  await expect(running).rejects.toThrow('sh was stopped');
  await expect.poll(() => isRunning(pid)).toBe(false);
});

async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}
