import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { recordTrust, trustStatement } from '../support/login-plugin.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';

const run = promisify(execFile);
let running: TestVigie | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

test('on a full or read-only disk nothing is changed without its record, and reads go on', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-disk-'));
  // A mount namespace of its own: the small disk is gone when the child is.
  const inside = async (...command: string[]) =>
    run(
      'unshare',
      [
        '--mount',
        '--map-root-user',
        'sh',
        '-c',
        `mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"`,
        folder,
        ...command,
      ],
      { env: { ...process.env, TMPDIR: folder } },
    );
  try {
    const mountable = await inside('true').then(
      () => true,
      () => false,
    );
    context.skip(!mountable, 'this machine lets nobody mount');
    const { stdout } = await inside(process.execPath, 'test/hostile/processes/small-disk.ts');
    const said = JSON.parse(stdout) as Record<string, unknown>;
    const refused = { status: 'failed', code: 'STORE', writes: 0 };
    expect(said).toMatchObject({
      'an allowed change': refused,
      'a proposal': refused,
      'an approval': refused,
      'a read': { status: 'answered', writes: 0 },
      // The intent was on disk before the first write; the second must not follow, nor may the first be taken back unrecorded.
      'a disk that fills while the first change is written': { status: 'failed', code: 'STORE', writes: 1 },
      recovered: [
        { state: 'interrupted', evidence: expect.arrayContaining([expect.stringMatching(/ccc.*: done/)]) },
      ],
      audit: true,
      'a disk that is read-only': refused,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('two processes that work on one store at once leave one whole chain, and no change is lost', async () => {
  running = await startVigie({ policy: allowAgainAndAgain });
  const children = ['one', 'two'].map(name =>
    spawn(
      process.execPath,
      ['test/hostile/processes/change-often.ts', running?.configFile ?? '', name, '10'],
      {
        env: running?.env,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    ),
  );
  const readers = children.map(child => createInterface(child.stdout));
  const lines = readers.map(() => [] as string[]);
  for (const [index, reader] of readers.entries()) reader.on('line', line => lines[index]?.push(line));
  await Promise.all(readers.map(reader => once(reader, 'line')));
  const ends = children.map(child => once(child, 'exit'));
  for (const child of children) child.stdin.write('go\n');
  expect(await Promise.all(ends)).toEqual([
    [0, null],
    [0, null],
  ]);
  const statuses = lines.flatMap(said => JSON.parse(said[1] ?? '[]') as string[]);
  expect(statuses).toEqual(Array.from({ length: 20 }, () => 'done'));

  const store = await running.vigie.store();
  const rows = await store.audit.list({ limit: 200 });
  expect(await store.audit.verify()).toMatchObject({ ok: true, rows: rows.length });
  expect(rows.map(row => row.sequence).toReversed()).toEqual(rows.map((_row, index) => index + 1));
  expect(rows.filter(row => row.event === 'started')).toHaveLength(20);
  expect(rows.filter(row => row.event === 'finished')).toHaveLength(20);
  const changes = await store.changes.list({ limit: 100 });
  expect(changes.map(change => change.state)).toEqual(Array.from({ length: 20 }, () => 'done'));
});

describe('a hostile kubeconfig', () => {
  const web = { kind: 'Deployment', name: 'web', namespace: 'shop' };
  const secret = 'hunter2-of-the-kubeconfig';

  /** The kubeconfig of the harness with another user, whose plugin is a script. */
  function plugin(vigie: TestVigie, script: string): void {
    const file = join(vigie.dir, 'login.sh');
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
    const kubeconfig = join(vigie.dir, 'kubeconfig');
    const context = /^current-context: *"?([^"\n]+)"?/m.exec(readFileSync(kubeconfig, 'utf8'))?.[1];
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: file, interactiveMode: 'Never' };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': context,
        clusters: [{ name: 'c', cluster: { server: vigie.sandbox.url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user: { exec } }],
        contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
      }),
      { mode: 0o600 },
    );
  }

  test.each([
    ['prints garbage', `echo ${secret}; head -c 4096 /dev/urandom`, 'CREDENTIAL_PLUGIN'],
    ['prints an endless stream', `yes ${secret}`, 'CREDENTIAL_PLUGIN'],
    ['says a token on stderr', `echo "token: ${secret}" >&2; exit 1`, 'CREDENTIAL_PLUGIN'],
    ['says a header on stderr', `echo "Authorization: Bearer ${secret}" >&2; exit 1`, 'CREDENTIAL_PLUGIN'],
    [
      'answers with escapes',
      `printf '\\033]0;${secret}\\007\\033[2J{"kind":"ExecCredential"}'`,
      'CREDENTIAL_PLUGIN',
    ],
    [
      'gives a token that is no header',
      `printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"${secret}\\\\r\\\\nX: y"}}'`,
      'KUBECONFIG',
    ],
    ['kills itself', 'kill -9 $$', 'CREDENTIAL_PLUGIN'],
    ['kills its group', 'kill -9 0', 'CREDENTIAL_PLUGIN'],
  ])('whose plugin %s is refused clearly, without what it said', async (_what, script, code) => {
    running = await startVigie();
    plugin(running, script);
    const { vigie, key } = running;
    await recordTrust(vigie, await trustStatement(vigie, { key }));
    for (const [tool, input] of [
      ['k8s_get', { target: web }],
      ['k8s_scale', { target: web, replicas: 3 }],
    ] as const) {
      const result = await running.call(tool, input);
      expect(result.data, result.text).toMatchObject({ status: 'failed', code });
      expect(result.text + JSON.stringify(result.data)).not.toContain(secret);
    }
  });

  test('whose plugin hangs is given up when the call is', async () => {
    running = await startVigie();
    plugin(running, `echo started > "$(dirname "$0")/started"; exec sleep 600`);
    const abort = new AbortController();
    const waiting = running.call('k8s_get', { target: web }, { signal: abort.signal });
    const started = join(running.dir, 'started');
    await expect.poll(() => existsSync(started)).toBe(true);
    abort.abort();
    expect((await waiting).data).toMatchObject({ status: 'failed', code: 'CANCELLED' });
  });

  test.each([
    ['writable for a group', (file: string) => chmodSync(file, 0o660)],
    ['of 5 MB', (file: string) => writeFileSync(file, `a: "${secret.repeat(210_000)}"`)],
    [
      'with a bomb of aliases',
      (file: string) => writeFileSync(file, `a: &a ${secret}\nb: [${'*a, '.repeat(1_000)}]`),
    ],
    [
      'that is binary',
      (file: string) => writeFileSync(file, Buffer.from(`\u0000\u0001${secret}\u00ff`, 'latin1')),
    ],
    ['that is a list', (file: string) => writeFileSync(file, `- ${secret}`)],
    ['that is gone', (file: string) => rmSync(file)],
  ])('%s is refused with its place and without its text', async (_what, spoil) => {
    running = await startVigie();
    spoil(join(running.dir, 'kubeconfig'));
    for (const [tool, input] of [
      ['k8s_get', { target: web }],
      ['k8s_scale', { target: web, replicas: 3 }],
    ] as const) {
      const result = await running.call(tool, input);
      expect(result.data, result.text).toMatchObject({ status: 'failed', code: 'KUBECONFIG' });
      expect(result.text + JSON.stringify(result.data)).not.toContain('hunter2');
    }
  });
});
