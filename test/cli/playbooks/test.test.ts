import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { Terminal } from '../../../src/cli/terminal.ts';
import type { Json } from '../../../src/core/json.ts';
import { playInSandbox } from '../../../src/play/play-in-sandbox.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vigie-test-'));
  mkdirSync(join(home, 'playbooks'), { mode: 0o700 });
  writeFileSync(
    join(home, 'vigie.yaml'),
    `playbooks: {directory: ${join(home, 'playbooks')}}\nenvironments: {}\n`,
    {
      mode: 0o600,
    },
  );
});
afterEach(() => rmSync(home, { recursive: true }));

const head = 'apiVersion: vigie/v1\nkind: PlaybookTest\ncases:\n';

/** A playbook of one's own that gives cart of the shop more pods, with what its test.yaml says. */
function write(name: string, cases?: string): void {
  const folder = join(home, 'playbooks', name);
  mkdirSync(folder, { mode: 0o700 });
  const text = `apiVersion: vigie/v1
kind: Playbook
metadata: {name: ${name}, title: More of cart}
inputs: {replicas: {type: integer, default: 3}}
steps:
  - {id: more, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: "\${{ inputs.replicas }}"}}
`;
  writeFileSync(join(folder, 'playbook.yaml'), text, { mode: 0o600 });
  if (cases !== undefined) writeFileSync(join(folder, 'test.yaml'), cases, { mode: 0o600 });
}

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const nothing = () => Promise.reject(new Error('a test of playbooks opens nothing of the user'));
  const status = await runCommandLine(['playbooks', 'test', '--config', join(home, 'vigie.yaml'), ...words], {
    program: {
      version: '0.0.0',
      self: [],
      open: nothing,
      openRuns: nothing,
      play: (order, use) => playInSandbox(order, { use, version: '0.0.0' }),
      serveStdio: nothing,
      serveHttp: nothing,
      openDaemon: nothing,
    },
    terminal: new Terminal({
      stdin: process.stdin,
      stdout,
      stderr,
      env: { HOME: home, VIGIE_HOME: join(home, 'data') },
    }),
  });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

test('a line tells of each case of one’s own playbook, and what came out otherwise', async () => {
  write(
    'more-cart',
    `${head}  - {name: three, expect: {status: done, steps: {more: done}}}
  - {name: too many, inputs: {replicas: 3}, expect: {status: failed}}
`,
  );
  const { status, stdout } = await run('more-cart');
  expect(stdout.replaceAll(/ {2}\d+s$/gm, '  1s')).toBe(`✓ more-cart: three  1s
✗ more-cart: too many  1s
    the run is done, not failed
✗ 1 of 2 cases of 1 playbook came out otherwise.
`);
  expect(status).toBe(5);
});

test('where all is as expected the status is 0, and programs read it as JSON', async () => {
  write('more-cart', `${head}  - {name: three, expect: {status: done}}\n`);
  const { status, stdout } = await run('more-cart', '-o', 'json');
  expect(status).toBe(0);
  const data: Json = JSON.parse(stdout);
  expect(data).toMatchObject({
    ok: true,
    playbooks: [{ playbook: 'more-cart', mistakes: [], cases: [{ name: 'three', ok: true, problems: [] }] }],
  });
});

test('a mistake in the cases is told with its line and column, and nothing is played', async () => {
  write('more-cart', `${head}  - {name: three, expect: {status: dome}}\n`);
  const { status, stdout } = await run('more-cart');
  expect(stdout).toMatch(/more-cart\/test\.yaml:4:\d+: .*\(cases\[0\]\.expect\.status\)/);
  expect(stdout).toContain('1 test.yaml cannot be read');
  expect(status).toBe(5);
});

test('one without cases is told where they belong, and one that there is not by its nearest name', async () => {
  write('more-cart');
  const without = await run('more-cart');
  expect(without).toMatchObject({ status: 2, stdout: '' });
  expect(without.stderr).toContain('The playbook more-cart has no cases: there is no test.yaml beside');
  const unknown = await run('more-crat');
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain('more-cart');
});

test('cases that others may write are not read', async () => {
  write('more-cart', `${head}  - {name: three, expect: {status: done}}\n`);
  const { chmodSync } = await import('node:fs');
  chmodSync(join(home, 'playbooks', 'more-cart', 'test.yaml'), 0o666);
  const { status, stderr } = await run('more-cart');
  expect(status).not.toBe(0);
  expect(stderr).toContain('test.yaml');
});
