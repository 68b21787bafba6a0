import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { advanceSandbox, sandboxOf } from '../../src/cli/sandbox/steer.ts';
import { serveSandboxForeground } from '../../src/sandbox/foreground.ts';

const program = join(import.meta.dirname, '../support/sandbox-up.ts');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-up-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function start(args: string[]): { lines: string[]; ended: Promise<number | null> } {
  const lines: string[] = [];
  const process_ = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = process_;
  process_.stdout.setEncoding('utf8');
  process_.stdout.on('data', (text: string) => lines.push(...text.split('\n').filter(line => line !== '')));
  return { lines, ended: new Promise(resolve => process_.once('close', resolve)) };
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'it says that it is ready and what to type next, serves, and stops cleanly on %s',
  async signal => {
    const kubeconfig = join(folder, 'kubeconfig');
    const { lines, ended } = start(['shop', kubeconfig]);
    await expect.poll(() => lines.length).toBe(2);
    expect(lines[0]).toMatch(/^Sandbox shop is ready at http:\/\/127\.0\.0\.1:\d+: kubectl --kubeconfig /);
    expect(lines[1]).toContain(`vigie sandbox advance 10m --kubeconfig ${kubeconfig}`);
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    const text = readFileSync(kubeconfig, 'utf8');
    expect(text).toContain('insecure-skip-tls-verify: true');
    const server = /server: (\S+)/.exec(text)?.[1] ?? '';
    expect((await fetch(`${server}/version`)).status).toBe(200);
    const address = await sandboxOf(kubeconfig);
    expect((await advanceSandbox(address, 600_000)).movedMs).toBe(600_000);
    child?.kill(signal);
    expect(await ended).toBe(0);
    expect(lines).toHaveLength(3);
    expect(existsSync(kubeconfig)).toBe(false);
  },
);

test('a kubeconfig that exists is never overwritten', async () => {
  const kubeconfig = join(folder, 'precious');
  writeFileSync(kubeconfig, 'mine');
  const said: string[] = [];
  const up = serveSandboxForeground({ world: 'shop', kubeconfig, say: line => said.push(line) });
  await expect(up).rejects.toMatchObject({
    code: 'SANDBOX',
    message: expect.stringContaining('it exists already'),
  });
  expect(readFileSync(kubeconfig, 'utf8')).toBe('mine');
  expect(said).toEqual([]);
});

test('an unknown world is named before anything is made', async () => {
  const kubeconfig = join(folder, 'kubeconfig');
  await expect(
    serveSandboxForeground({ world: 'nowhere', kubeconfig, say: () => undefined }),
  ).rejects.toMatchObject({
    code: 'SANDBOX',
    message: expect.stringContaining('nowhere'),
  });
  expect(existsSync(kubeconfig)).toBe(false);
});

test('a kubeconfig that leads elsewhere moves no clock', async () => {
  const kubeconfig = join(folder, 'other');
  writeFileSync(kubeconfig, '    server: https://prod.example:6443/abcdefghijklmnopqrstuvwxyz\n');
  await expect(sandboxOf(kubeconfig)).rejects.toMatchObject({ code: 'SANDBOX' });
  await expect(sandboxOf(join(folder, 'none'))).rejects.toMatchObject({ code: 'SANDBOX' });
});
