import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import { localEnd } from '../../src/cli/local-end.ts';
import { signedText } from '../../src/core/approval.ts';
import { copyLimits } from '../../src/core/copy-limits.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { reviewTicket, settle } from '../../src/pipeline/settle.ts';
import { askAsAdministrator } from '../support/sandbox-client.ts';
import {
  agent,
  allowEverything,
  askEverything,
  idOf,
  startVigie,
  type TestVigie,
} from '../support/start-vigie.ts';

const signal = new AbortController().signal;
const local = { local: localEnd };
let running: TestVigie;
let folder: string;

async function start(policy: string, serverVersion?: string): Promise<void> {
  running = await startVigie({ policy, ...(serverVersion === undefined ? {} : { serverVersion }) });
  folder = mkdtempSync(join(tmpdir(), 'vigie-copy-'));
  await askAsAdministrator(running.sandbox, {
    method: 'POST',
    path: '/api/v1/namespaces/shop/pods',
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'tool' },
      spec: { containers: [{ name: 'main', image: 'shop/tool:1' }] },
    },
  });
  await running.sandbox.advance(10_000);
}

afterEach(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A pod in whose folder /data that many files lie. */
async function makePodWith(name: string, { files, size }: { files: number; size: number }): Promise<void> {
  const inShop = (path: string, body: JsonObject) =>
    askAsAdministrator(running.sandbox, { method: 'POST', path: `/api/v1/namespaces/shop/${path}`, body });
  const data = { x: 'x'.repeat(size) };
  await inShop('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  const volumeMounts = Array.from({ length: files }, (_each, at) => ({
    name: 'v',
    mountPath: `/data/${at}`,
  }));
  await inShop('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      containers: [{ name: 'main', image: 'shop/tool:1', volumeMounts }],
      volumes: [{ name: 'v', configMap: { name } }],
    },
  });
  await running.sandbox.advance(10_000);
}

const cp = (from: string, to: string, more: object = local) =>
  running.call('k8s_cp', { from, to, namespace: 'shop' }, more);

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

const printed = async (path: string) =>
  (await running.call('k8s_exec', { pod: 'tool', namespace: 'shop', command: ['cat', path] })).text;

describe('a copy that is allowed', () => {
  beforeEach(() => start(allowEverything));

  test('carries a folder into a pod and out again, byte for byte, and overwrites nothing here', async () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'deep'), { recursive: true });
    const bytes = Buffer.from(Array.from({ length: 3_000 }, (_each, index) => index % 256));
    writeFileSync(join(tree, 'a.bin'), bytes, { mode: 0o640 });
    writeFileSync(join(tree, 'deep', `${'long-name-'.repeat(15)}.txt`), 'deep\n');
    symlinkSync('/etc/passwd', join(tree, 'link'));
    const sent = await cp(tree, 'tool:/tmp/tree');
    expect(sent.text).toContain('2 files were copied to /tmp/tree');
    expect(await printed(`/tmp/tree/deep/${'long-name-'.repeat(15)}.txt`)).toContain('  | deep');
    const back = join(folder, 'back');
    const taken = await cp('tool:/tmp/tree', back);
    expect(taken.text).toContain(`2 files (up to 4 kB) were written to ${back}.`);
    expect(readFileSync(join(back, 'a.bin'))).toEqual(bytes);
    expect(statSync(join(back, 'a.bin')).mode & 0o777).toBe(0o640);
    // Into the folder that is there now, and no second time.
    expect((await cp('tool:/tmp/tree', back)).status).toBe('done');
    expect(readFileSync(join(back, 'tree', 'a.bin'))).toEqual(bytes);
    const again = await cp('tool:/tmp/tree', back);
    expect(again.status).toBe('failed');
    expect(again.text).toContain('overwrites nothing');
  });

  test('takes one file out under the name that was asked for', async () => {
    const file = join(folder, 'one.txt');
    writeFileSync(file, 'one\n');
    await cp(file, 'tool:/tmp/there.txt');
    const taken = await cp('tool:/tmp/there.txt', join(folder, 'two.txt'));
    expect(taken.status).toBe('done');
    const record = await running.call('changes_get', { id: idOf(taken) });
    expect(record.text).toContain('1 files (up to 1 kB) were written');
    expect(record.text).not.toMatch(/4 bytes|sha256/);
    expect(JSON.stringify([taken, record])).not.toContain(hashOf('one\n'));
    expect(readFileSync(join(folder, 'two.txt'), 'utf8')).toBe('one\n');
  });

  test('goes into a folder that is there under its own name, and is refused before it is asked for where that is taken', async () => {
    const file = join(folder, 'one.txt');
    writeFileSync(file, 'one\n');
    await cp(file, 'tool:/tmp/d/there.txt');
    mkdirSync(join(folder, 'into'));
    const taken = await cp('tool:/tmp/d', join(folder, 'into'));
    expect(taken.status).toBe('done');
    expect(taken.text).toContain('nothing is overwritten');
    expect(taken.text).not.toContain('stood there before');
    expect(readFileSync(join(folder, 'into', 'd', 'there.txt'), 'utf8')).toBe('one\n');
    symlinkSync('nowhere', join(folder, 'link'));
    const sent = running.sandbox.requests().length;
    for (const to of ['into', 'one.txt', 'link']) {
      const again = await cp('tool:/tmp/d', join(folder, to));
      expect(again.data).toMatchObject({ code: 'ALREADY_EXISTS' });
    }
    const asked = running.sandbox.requests().slice(sent);
    expect(asked.filter(({ path }) => path.includes('/exec?'))).toEqual([]);
  });

  test('names the field that is wrong, and the namespace that stands where a kind does', async () => {
    expect((await cp('tool:relative', './b')).text).toContain('from: ');
    expect((await cp('./b', 'tool:relative')).text).toContain('to: ');
    const { data } = await cp('shop/tool:/tmp/x', join(folder, 'x'));
    expect(data).toMatchObject({ code: 'UNKNOWN_KIND', hint: expect.stringContaining('-n shop') });
  });

  test('of what is not there ends as tar does, and writes nothing here', async () => {
    const result = await cp('tool:/tmp/nope', join(folder, 'x'));
    expect(result.status).toBe('failed');
    expect(result.text).toContain('tar: /tmp/nope: No such file or directory');
    expect(result.text).not.toContain('Done and left as it is');
    expect(result.text).toContain(`; ls -lR ${folder}/x shows what was written here`);
    expect(() => statSync(join(folder, 'x'))).toThrow();
  });

  test.each([
    ['./a', './b', 'exactly one'],
    ['tool:/a', 'tool:/b', 'exactly one'],
    ['tool:/a/../../etc', './b', 'without \\"..\\"'],
    ['tool:relative', './b', 'no absolute path'],
  ])('from %s to %s is refused', async (from, to, why) => {
    expect(JSON.stringify((await cp(from, to)).data)).toContain(why);
  });

  test('takes what is as large as a copy may be, and nothing of what is larger', async () => {
    const size = 1_001_600;
    const most = Math.floor(copyLimits.bytes / size);
    await makePodWith('large', { files: most, size });
    await makePodWith('larger', { files: most + 3, size });
    const whole = await cp('large:/data', join(folder, 'large'));
    expect(whole.text).toContain(`${most} files (up to 64 MB) were written`);
    expect(readFileSync(join(folder, 'large', '0', 'x')).length).toBe(size);
    const refused = await cp('larger:/data', join(folder, 'larger'));
    expect(refused.status).toBe('failed');
    expect(refused.text).toContain('/data holds more than 64 MB');
    expect(() => statSync(join(folder, 'larger'))).toThrow();
  });

  test('is refused where files are of another process than the one that would copy', async () => {
    const result = await cp('tool:/tmp/x', join(folder, 'x'), {});
    expect(result.data).toMatchObject({ code: 'INVALID_INPUT' });
    const vigie = await buildVigie(
      { door: 'mcp-stdio', configFile: running.configFile },
      { version: '0.0.0', env: running.env, self: [], now: () => new Date() },
    );
    for (const tool of ['k8s_cp', 'k8s_port_forward']) {
      const called = await runTool(vigie, { tool, input: {}, actor: agent, signal, budgetBytes: 40_000 });
      expect(called.data).toMatchObject({ code: 'UNKNOWN_TOOL' });
    }
    await vigie.close();
  });
});

test('a server that cannot end the input of tar is named, and is sent no file', async () => {
  await start(allowEverything, 'v1.28.15');
  const file = join(folder, 'a.txt');
  writeFileSync(file, 'hello\n');
  const result = await cp(file, 'tool:/tmp/a.txt');
  expect(result.status).toBe('failed');
  expect(result.text).toContain('Kubernetes before 1.30');
  expect(result.text).toContain(
    '; vigie k8s exec tool -n shop -c main -e test -- ls -lR /tmp/a.txt shows what is there',
  );
  const out = await cp('tool:/tmp/a.txt', join(folder, 'b.txt'));
  expect(out.text).toContain('tar: /tmp/a.txt: No such file or directory');
});

describe('a copy that is asked for', () => {
  beforeEach(() => start(askEverything));

  async function approve(id: string, more: object) {
    const opened = await reviewTicket(running.vigie, { id, person: 'alice', signal });
    if (!('review' in opened)) throw new Error(opened.result.text);
    const { payload, screen } = opened.review;
    const signature = running.key.sign(signedText('approval', payload));
    const by = { payload, signature, publicKey: running.key.publicKey };
    return { screen, result: await settle(running.vigie, { id, by, signal, ...more }) };
  }

  test('shows whoever decides what goes where, with sizes and hashes, and nobody else', async () => {
    const file = join(folder, 'a.txt');
    writeFileSync(file, 'hello\n', { mode: 0o644 });
    const asked = await cp(file, 'tool:/tmp/a.txt');
    expect(asked.data).toMatchObject({ status: 'approval_required', risk: 'high' });
    const record = await running.call('changes_get', { id: idOf(asked) });
    expect(JSON.stringify([asked, record])).not.toContain(hashOf('hello\n'));
    const { screen, result } = await approve(idOf(asked), local);
    expect(screen).toContain(`Runs         1 files of "${file}" of this machine to "/tmp/a.txt" of the pod`);
    expect(screen).toContain(`sha256: ${hashOf('hello\n')}`);
    expect(screen).toMatch(/mode: "?0644"?/);
    expect(JSON.stringify(await running.call('changes_get', { id: idOf(asked) }))).not.toContain(
      hashOf('hello\n'),
    );
    expect(result.status).toBe('done');
  });

  test('overwrites nothing that has come since it was asked for', async () => {
    const file = join(folder, 'a.txt');
    writeFileSync(file, 'hello\n');
    const { result: sent } = await approve(idOf(await cp(file, 'tool:/tmp/a.txt')), local);
    expect(sent.status).toBe('done');
    const back = join(folder, 'back.txt');
    const asked = await cp('tool:/tmp/a.txt', back);
    writeFileSync(back, 'mine\n');
    const { result } = await approve(idOf(asked), local);
    expect(result.status).toBe('failed');
    expect(result.text).toContain('overwrites nothing');
    expect(readFileSync(back, 'utf8')).toBe('mine\n');
  });

  test('does not send a file that has changed since it was shown', async () => {
    const file = join(folder, 'a.txt');
    writeFileSync(file, 'hello\n');
    const asked = await cp(file, 'tool:/tmp/a.txt');
    writeFileSync(file, 'other\n');
    const { result } = await approve(idOf(asked), local);
    expect(result.status).toBe('failed');
    expect(result.text).toContain('is no longer what was shown');
    expect(running.sandbox.requests().filter(({ path }) => path.includes('/exec?'))).toEqual([]);
  });

  test('is not made by a process that has neither the files nor the ports', async () => {
    const file = join(folder, 'a.txt');
    writeFileSync(file, 'hello\n');
    const { result } = await approve(idOf(await cp(file, 'tool:/tmp/a.txt')), {});
    expect(result.status).toBe('failed');
    expect(result.text).toContain('NOT_STARTED');
    expect(result.text).toContain('process of the person at the terminal');
  });
});

describe('forwarded ports', () => {
  beforeEach(() => start(allowEverything));

  const forwardsSent = () =>
    running.sandbox.requests().filter(({ path }) => path.includes('/portforward?')).length;

  const get = async (port: number, path: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return text(socket);
  };

  function forward(ports: string[], pod = 'tool') {
    const stop = new AbortController();
    const said: string[] = [];
    const calling = running.call(
      'k8s_port_forward',
      { pod, namespace: 'shop', ports },
      { ...local, signal: stop.signal, progress: line => said.push(line) },
    );
    const portOf = async (): Promise<number> => {
      await expect.poll(() => said.some(line => line.startsWith('127.0.0.1:'))).toBe(true);
      return Number(/^127\.0\.0\.1:(\d+)/m.exec(said.join('\n'))?.[1]);
    };
    return { stop: () => stop.abort(), calling, portOf, said };
  }

  test('carry requests to the pod until they are closed, and say how much', async () => {
    const { stop, calling, portOf } = forward(['0:8080']);
    const port = await portOf();
    expect(await get(port, '/')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok\n$/);
    expect(await Promise.all([1, 2, 3].map(() => get(port, '/')))).toHaveLength(3);
    stop();
    const result = await calling;
    expect(result.status).toBe('done');
    expect(result.text).toMatch(/4 connections were carried: \d+ bytes to the pod, \d+ bytes from it/);
    await expect(get(port, '/')).rejects.toThrow('ECONNREFUSED');
  });

  test('answer a caller who has closed their side after asking', async () => {
    const { stop, calling, portOf } = forward(['0:8080']);
    const socket = connect(await portOf(), '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*ok\n$/);
    stop();
    await calling;
  });

  test('carry fifty connections at once, and hang up on more', async () => {
    const { stop, calling, portOf } = forward(['0:8080']);
    const port = await portOf();
    const idle = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'));
    await Promise.all(idle.map(socket => once(socket, 'connect')));
    await expect.poll(forwardsSent).toBe(50);
    expect(await get(port, '/').catch(() => 'hung up on')).toMatch(/^(hung up on)?$/);
    for (const socket of idle) socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    for (const answer of await Promise.all(idle.map(socket => text(socket))))
      expect(answer).toContain('200 OK');
    expect(await get(port, '/')).toContain('200 OK');
    expect(forwardsSent()).toBe(51);
    stop();
    await calling;
  });

  test('end by themselves when their time is over', async () => {
    const result = await running.call(
      'k8s_port_forward',
      { pod: 'tool', namespace: 'shop', ports: ['0:8080'], forSeconds: 1 },
      local,
    );
    expect(result.text).toContain('0 connections were carried');
  });

  test('are closed to new connections by the kill switch', async () => {
    const { stop, calling, portOf, said } = forward(['0:8080']);
    const port = await portOf();
    const store = await running.vigie.store();
    await store.settings.setKillSwitch({
      on: true,
      by: 'alice',
      why: '',
      audit: { event: 'kill_switch_on', facts: {} },
    });
    await get(port, '/').catch(() => '');
    await get(port, '/').catch(() => '');
    // Said while whoever asked still wonders, and once.
    await expect.poll(() => said.filter(line => line.includes('KILL_SWITCH'))).toHaveLength(1);
    stop();
    const result = await calling;
    expect(result.text).toContain('KILL_SWITCH');
    expect(result.text).toContain('0 bytes from it');
  });

  test('to a service lead to the port behind it, and to none that it has not', async () => {
    const { stop, calling, portOf, said } = forward(['0:80'], 'svc/web');
    expect(await get(await portOf(), '/')).toContain('200 OK');
    expect(said.join('\n')).toMatch(/leads to port 8080 of Pod\/web-/);
    stop();
    expect((await calling).status).toBe('done');
    const refused = await forward(['0:81'], 'svc/web').calling;
    expect(refused.data).toMatchObject({ code: 'INVALID_INPUT' });
    expect(refused.text).toContain('it has: 80');
  });

  test.each([['x'], ['1:2:3'], ['80:0'], ['8080:70000']])('to %s are refused', async ports => {
    const { calling } = forward([ports]);
    expect((await calling).data).toMatchObject({
      code: 'INVALID_INPUT',
      hint: expect.stringContaining('vigie k8s port-forward POD 8080:80'),
    });
  });

  test('that are taken already are told as such', async () => {
    const { stop, calling, portOf } = forward(['0:8080']);
    const port = await portOf();
    const second = await forward([`${port}:8080`]).calling;
    expect(second.text).toContain('cannot be had');
    expect(second.text).toContain(`; vigie k8s port-forward tool ${port}:8080 -n shop -e test opens it anew`);
    stop();
    await calling;
  });
});
