import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigie-built-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** The build as it is shipped, with a home of its own. */
function built(...words: string[]): Promise<{ status: number; stdout: string }> {
  const env = { PATH: process.env['PATH'], HOME: dir, VIGIE_HOME: join(dir, 'home') };
  return new Promise(resolve => {
    execFile(process.execPath, ['dist/main.js', 'playbooks', ...words], { env }, (error, stdout) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, stdout }),
    );
  });
}

test('a build brings its playbooks', async () => {
  const { stdout } = await built('list', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    playbooks: readdirSync('playbooks')
      .toSorted()
      .map(name => ({ name, origin: 'shipped', state: 'ok' })),
  });
});

test('a build evaluates expressions in its thread', async () => {
  const file = join(dir, 'never.yaml');
  await writeFile(
    file,
    'apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: never, title: Never}\nsteps:\n- {if: 2 < 1, wait: {for: 1s}}\n',
  );
  const { status, stdout } = await built('lint', file);
  expect(stdout).toContain(`${file}:5:4: the step never runs`);
  expect(status).toBe(5);
});
