import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

function version(more: { args?: string[]; options?: string }): { status: number | null; stderr: string } {
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  return spawnSync(process.execPath, [...(more.args ?? []), 'src/main.ts', '--version'], {
    env: { ...env, ...(more.options === undefined ? {} : { NODE_OPTIONS: more.options }) },
    encoding: 'utf8',
  });
}

test.each([
  { args: ['--inspect=127.0.0.1:0'] },
  { options: '--inspect=127.0.0.1:0' },
  { options: '--no-warnings --inspect=0' },
])('under a debugger (%j) it does not start, and says why', started => {
  const { status, stderr } = version(started);
  expect(status).toBe(1);
  expect(stderr).toContain('NODE_OPTIONS');
});

test('it starts without one', () => {
  expect(version({}).status).toBe(0);
});
