import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DeskConnection } from '../../../src/desk/wire/connection.ts';
import { Lines } from '../../../src/desk/wire/lines.ts';
import { wireLimits } from '../../../src/desk/wire/protocol.ts';
import { socketIn } from '../../../src/desk/wire/trusted-socket.ts';
import { fc } from '../../support/properties.ts';
import { RawCaller, TestDaemon } from '../../support/start-daemon.ts';

let daemon: TestDaemon;
/** Says nothing from the beginning on; whether it is let go, the last test asks, so that nobody waits for it. */
let silent: RawCaller;
beforeAll(async () => {
  daemon = await TestDaemon.start();
  silent = new RawCaller(socketIn(daemon.run, 'agent'));
});
afterAll(async () => {
  await daemon.stop();
});

/** The last line of a connection that was closed for what it said. */
const closedFor = { error: { code: 'DAEMON', message: expect.any(String) } };

describe('a daemon', () => {
  const policy = { id: 1, method: 'policy', params: {} };

  test.each<[string, string]>([
    ['is no JSON', '{'],
    ['is no object', '[]'],
    ['is null', 'null'],
    ['is no text', '\u0000'],
    ['has no id', '{"method":"policy","params":{}}'],
    ['has an id below zero', '{"id":-1,"method":"policy","params":{}}'],
    ['has an id that is no number', '{"id":"1","method":"policy","params":{}}'],
    ['has no parameters', '{"id":1,"method":"policy"}'],
    ['has parameters in a list', '{"id":1,"method":"policy","params":[]}'],
    ['has a member too many', '{"id":1,"method":"policy","params":{},"as":"root"}'],
    ['names no method of ours', '{"id":1,"method":"exec","params":{}}'],
    ['names a member of every object', '{"id":1,"method":"__proto__","params":{}}'],
    ['greets again', '{"hello":{"protocol":1,"version":"0"}}'],
    ['asks for MCP with what is not asked there', '{"id":1,"method":"mcp","params":{"as":"root"}}'],
  ])('ends a connection on which a line %s, and answers others', async (_what, line) => {
    const caller = await daemon.rawCaller('agent');
    caller.socket.write(`${line}\n`);
    expect(await caller.next()).toMatchObject(closedFor);
    expect(await caller.next()).toBeUndefined();
    const other = await daemon.rawCaller('agent');
    other.say(policy);
    expect(await other.next()).toMatchObject({ id: 1, result: { accepted: true } });
    other.socket.destroy();
  });

  test('refuses parameters that are not those of the method, and goes on', async () => {
    const caller = await daemon.rawCaller('approver');
    const wrong = [
      { method: 'policy', params: { hash: 'x' } },
      { method: 'auditRows', params: { limit: 1_000_000 } },
      { method: 'auditRows', params: { limit: 1, before: null } },
      { method: 'reject', params: { id: 1 } },
      { method: 'callTool', params: { tool: 'k8s_list' } },
      { method: 'callTool', params: { tool: 'k8s_list', input: {}, actor: { kind: 'person' } } },
      { method: 'review', params: { id: 'abcdefgh', person: 'alice', login: 'bob' } },
      { method: 'settle', params: { id: 'abcdefgh', by: { unsigned: 'policy', by: 'x' } } },
      { method: 'settle', params: { id: 'abcdefgh', by: { environment: 'test', world: 'shop' } } },
      { method: 'commitStatement', params: { signed: { statement: {} }, why: '' } },
      { method: 'prepareStatement', params: { act: 'approver-add', approver: 'alice' } },
    ];
    for (const [id, ask] of wrong.entries()) {
      caller.say({ id, ...ask });
      expect(await caller.next(), JSON.stringify(ask)).toMatchObject({
        id,
        error: { code: 'INVALID_INPUT' },
      });
    }
    caller.socket.destroy();
  });

  test('survives whatever a caller sends', async () => {
    const words = fc.constantFrom(
      'id',
      'method',
      'params',
      'cancel',
      'gone',
      'hello',
      'settle',
      'mcp',
      'policy',
      'tool',
    );
    const said = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
      fc.jsonValue().map(value => Buffer.from(JSON.stringify(value))),
      fc
        .dictionary(words, fc.oneof(words, fc.integer(), fc.jsonValue()))
        .map(of => Buffer.from(JSON.stringify(of))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 5 }), async lines => {
        const caller = await daemon.rawCaller('approver');
        for (const line of lines) caller.socket.write(Buffer.concat([line, Buffer.from('\n')]));
        // Whatever it was answered, its end is taken as one.
        caller.socket.end();
        while ((await caller.next()) !== undefined);
      }),
      { numRuns: 40 },
    );
    expect(await (await daemon.desk('approver')).policy()).toMatchObject({ accepted: true });
  });

  test('takes a line of its limit and none longer, and a greeting of a kilobyte', async () => {
    const caller = await daemon.rawCaller('agent');
    caller.socket.write(Buffer.alloc(wireLimits.lineBytes + 1, 'a'));
    expect(await caller.next()).toMatchObject(closedFor);
    expect(await caller.next()).toBeUndefined();
    const stranger = new RawCaller(socketIn(daemon.run, 'agent'));
    expect(await stranger.next()).toMatchObject({ hello: { protocol: 1 } });
    stranger.socket.write(Buffer.alloc(wireLimits.greetingBytes + 1, 'a'));
    expect(await stranger.next()).toMatchObject(closedFor);
    expect(await stranger.next()).toBeUndefined();
  });

  test('answers nobody who has not shown which account it is', async () => {
    const caller = new RawCaller(socketIn(daemon.run, 'approver'));
    await caller.next();
    caller.say({ hello: { protocol: 1, version: '0.0.0' } });
    caller.say(policy);
    expect(await caller.next()).toMatchObject({ error: { code: 'CALLER_UNPROVEN' } });
    expect(await caller.next()).toBeUndefined();
  });

  test('says so to a caller of another protocol, and what to do', async () => {
    const caller = new RawCaller(socketIn(daemon.run, 'agent'));
    expect(await caller.greet({ protocol: 2, version: '9.9.9' })).toMatchObject({
      error: {
        code: 'DAEMON',
        message: expect.stringContaining('9.9.9'),
        hint: expect.stringContaining('restart'),
      },
    });
    expect(await caller.next()).toBeUndefined();
  });

  test('has no more than sixteen calls of one caller in flight, and stops one that is called off', async () => {
    const caller = await daemon.rawCaller('agent');
    const { data } = await daemon.at.call('k8s_scale', {
      target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
      replicas: 5,
    });
    const wait = { tool: 'changes_get', input: { id: data['id'], waitSeconds: 60 } };
    for (let id = 1; id <= wireLimits.calls + 1; id += 1)
      caller.say({ id, method: 'callTool', params: wait });
    expect(await caller.answer()).toMatchObject({
      id: wireLimits.calls + 1,
      error: { code: 'DAEMON', retryable: true },
    });
    caller.say({ cancel: 7 });
    expect(await caller.answer()).toMatchObject({
      id: 7,
      result: { status: 'failed', data: { code: 'CANCELLED' } },
    });
    caller.say({ gone: 3 });
    expect(await caller.answer()).toMatchObject({ id: 3, result: { status: 'failed' } });
    caller.say({ id: 2, method: 'policy', params: {} });
    expect(await caller.answer()).toMatchObject(closedFor);
  });
});

describe('a caller', () => {
  async function daemonThatSays(lines: string): Promise<{ path: string; server: Server }> {
    const path = join(daemon.at.dir, `fake-${crypto.randomUUID().slice(0, 8)}.sock`);
    const server = createServer(socket => socket.on('error', () => {}).write(lines));
    await new Promise<void>(resolve => server.listen({ path }, resolve));
    return { path, server };
  }

  test.each([
    ['another protocol', '{"hello":{"protocol":2,"version":"9.9.9","challenge":{}}}\n', 'DAEMON'],
    ['no JSON', 'hello\n', 'DAEMON'],
    [
      'a path for a name',
      '{"hello":{"protocol":1,"version":"1","challenge":{"name":"../../x","nonce":"y"}}}\n',
      'CALLER_UNPROVEN',
    ],
  ])('leaves a daemon that says %s', async (_what, lines, code) => {
    const { path, server } = await daemonThatSays(lines);
    await expect(DeskConnection.open(path, { version: '0' })).rejects.toMatchObject({ code });
    server.close();
  });

  test('is told when the daemon goes away in the middle of a call', async () => {
    const other = await TestDaemon.start();
    const desk = await other.desk('agent');
    const { data } = await other.at.call('k8s_scale', {
      target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
      replicas: 5,
    });
    const wait = { tool: 'changes_get', input: { id: data['id'] ?? '', waitSeconds: 60 } };
    const waiting = desk.callTool(wait, { signal: new AbortController().signal });
    await desk.policy();
    await other.close();
    expect(await waiting).toMatchObject({ status: 'failed', data: { code: 'CANCELLED' } });
    await expect(desk.policy()).rejects.toMatchObject({ code: 'DAEMON', retryable: true });
    await other.stop();
  });
});

describe('lines', () => {
  test('come out as they went in, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), (texts, cuts) => {
        const sent = texts.map(text => text.replaceAll('\n', ' '));
        const bytes = Buffer.from(sent.map(text => `${text}\n`).join(''));
        const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        const lines = new Lines(1_000_000, { metered: false });
        const got = at.slice(1).flatMap((end, index) => lines.feed(bytes.subarray(at[index], end)));
        expect(got).toEqual(sent);
        expect(lines.rest()).toHaveLength(0);
      }),
    );
  });
});

test('a caller that never shows who it is takes no place for long', async () => {
  expect(await silent.next()).toMatchObject({ hello: { protocol: 1 } });
  expect(await silent.next()).toBeUndefined();
});
