import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { localRunner } from '../../src/processes/local-runner.ts';
import type { Command } from '../../src/processes/runner.ts';

/** By then a shell has begun, on a busy machine too. */
const afterStartMs = 3_000;
const usual = { signal: new AbortController().signal, deadlineMs: 60_000 };

async function run(command: Omit<Command, 'signal' | 'deadlineMs'> & Partial<Command>) {
  const running = await localRunner.start({ ...usual, ...command });
  let text = '';
  for await (const chunk of running.stdout) text += Buffer.from(chunk).toString('utf8');
  return { text, ...(await running.ended) };
}

async function* bytes(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test('what goes in comes out, with the program’s own exit code and the end of its complaints', async () => {
  expect(await run({ argv: ['cat'], stdin: bytes('one ', 'two') })).toMatchObject({
    text: 'one two',
    code: 0,
  });
  const failed = await run({ argv: ['sh', '-c', 'head -c 40000 /dev/zero >&2; echo broke >&2; exit 3'] });
  expect(failed.code).toBe(3);
  expect(failed.stderr.endsWith('broke\n')).toBe(true);
  expect(failed.stderr.length).toBe(8 * 1024);
});

test('a program that is not installed is said to be, and nothing ran', async () => {
  await expect(run({ argv: ['vigie-has-no-such-program'] })).rejects.toMatchObject({
    code: 'NOT_STARTED',
    message: expect.stringContaining('it is not installed'),
  });
});

test('a program sees its secrets in its environment, and nothing of what Vigie was started with', async () => {
  process.env['VIGIE_TEST_OWN'] = 'own-value';
  const { text } = await run({
    argv: ['env'],
    secrets: { PGPASSWORD: 'hunter2hunter2' },
    env: { PGAPPNAME: 'vigie' },
  });
  delete process.env['VIGIE_TEST_OWN'];
  expect(text).toContain('PGPASSWORD=hunter2hunter2');
  expect(text).toContain('PGAPPNAME=vigie');
  expect(text).not.toContain('VIGIE_TEST_OWN');
});

test('a secret stands in no command line of the machine while the program runs', async () => {
  const stop = new AbortController();
  const running = await localRunner.start({
    ...usual,
    argv: ['sleep', '60'],
    secrets: { RESTIC_PASSWORD: 'correct-horse-battery' },
    signal: stop.signal,
  });
  running.discard();
  const lines = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
  expect(lines).toContain('sleep\x0060\0');
  expect(lines.filter(line => line.includes('correct-horse-battery'))).toEqual([]);
  stop.abort();
  await running.ended;
});

test('a program is given no more than it takes: what feeds it waits', async () => {
  let given = 0;
  async function* endless(): AsyncIterable<Uint8Array> {
    for (;;) {
      given += 65_536;
      yield Buffer.alloc(65_536);
    }
  }
  const stop = new AbortController();
  const running = await localRunner.start({
    ...usual,
    argv: ['sh', '-c', 'head -c 100000 >/dev/null; echo taken; sleep 60'],
    stdin: endless(),
    signal: stop.signal,
  });
  const first = await running.stdout[Symbol.asyncIterator]().next();
  expect(first.done === true ? '' : Buffer.from(first.value).toString('utf8')).toBe('taken\n');
  await pause(200);
  expect(given).toBeLessThan(2 * 1024 * 1024);
  stop.abort();
  expect(await running.ended).toMatchObject({ code: null, cut: 'stopped' });
});

test('what reads a program slowly holds it back', async () => {
  const stop = new AbortController();
  const running = await localRunner.start({
    ...usual,
    argv: ['sh', '-c', 'head -c 100000000 /dev/zero; echo all written >&2'],
    signal: stop.signal,
  });
  await pause(300);
  stop.abort();
  expect((await running.ended).stderr).toBe('');
});

test('the deadline ends a program with all that it started', async () => {
  const running = await localRunner.start({
    ...usual,
    argv: ['sh', '-c', 'sleep 61 & echo $!; wait'],
    deadlineMs: afterStartMs,
  });
  let text = '';
  for await (const chunk of running.stdout) text += Buffer.from(chunk).toString('utf8');
  expect(await running.ended).toMatchObject({ code: null, cut: 'deadline' });
  expect(Number(text)).toBeGreaterThan(0);
  await expect.poll(() => isAlive(Number(text))).toBe(false);
});

/** A zombie, which nobody has collected yet, is none. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a program that does not heed the polite end is ended by force', async () => {
  const running = await localRunner.start({
    ...usual,
    argv: ['sh', '-c', 'trap "" TERM; echo deaf; while :; do sleep 1; done'],
    deadlineMs: afterStartMs,
  });
  running.discard();
  expect(await running.ended).toMatchObject({ cut: 'deadline', signal: 'SIGKILL' });
});

test('an input that breaks off ends the program: it must not take half for the whole', async () => {
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('the source broke');
  }
  expect(await run({ argv: ['cat'], stdin: broken() })).toMatchObject({ code: null, cut: 'input' });
});

test('a program that does not read its input ends as it wants', async () => {
  const large = Buffer.alloc(1024 * 1024).toString('utf8');
  expect(await run({ argv: ['true'], stdin: bytes(large, large) })).toMatchObject({ code: 0 });
});

test('what was stopped before it began is never started', async () => {
  await expect(run({ argv: ['true'], signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
});

test('a program starts in an empty folder of its own, which nobody else may enter and which goes with it', async () => {
  const look = 'pwd -P; ls -A | wc -l; stat -c %a .; echo left > left';
  const [one, other] = await Promise.all([
    run({ argv: ['sh', '-c', look] }),
    run({ argv: ['sh', '-c', look] }),
  ]);
  const [folder = '', held, mode] = one.text.split('\n');
  expect([held?.trim(), mode]).toEqual(['0', '700']);
  expect(realpathSync(tmpdir())).not.toBe(folder);
  expect(other.text.split('\n')[0]).not.toBe(folder);
  expect(existsSync(folder)).toBe(false);
});

test('one that cannot be started leaves no folder, and one that was named a folder starts there', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'vigie-runner-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = dir;
  try {
    await expect(run({ argv: ['vigie-has-no-such-program'] })).rejects.toMatchObject({ code: 'NOT_STARTED' });
    expect(readdirSync(dir)).toEqual([]);
    expect((await run({ argv: ['pwd', '-P'], folder: dir })).text.trim()).toBe(realpathSync(dir));
    process.env['TMPDIR'] = join(dir, 'gone');
    await expect(run({ argv: ['true'] })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('no folder of its own could be made'),
    });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(dir, { recursive: true, force: true });
  }
});
