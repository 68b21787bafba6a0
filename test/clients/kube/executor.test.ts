import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { KubeConnection } from '../../../src/clients/kube/connection.ts';
import { type ExecInput, type Ran, streamGate } from '../../../src/clients/kube/executor.ts';
import { readGate } from '../../../src/clients/kube/gates.ts';
import { fc } from '../../support/properties.ts';

/** The far side of a wire: hands every socket that it opens to `serve`, or answers `refuse` instead. */
interface FarSide {
  serve?(socket: WebSocket, request: IncomingMessage): void;
  refuse?: { status: number; body: string };
  /** Takes the connection and says nothing. */
  silent?: true;
  protocols?: string[];
}

let server: Server | undefined;
afterEach(() => {
  vi.useRealTimers();
  server?.closeAllConnections();
  server?.close();
});

const asked: string[] = [];

async function connect(far: FarSide, more: { readOnly?: boolean; namespaces?: string[] } = {}) {
  asked.length = 0;
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => far.protocols?.find(each => offered.has(each)) ?? [...offered][0] ?? false,
  });
  server = createServer((_request, response) => response.writeHead(404).end());
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    asked.push(request.url ?? '');
    if (far.silent) return;
    if (far.refuse !== undefined) {
      const { status, body } = far.refuse;
      socket.end(
        `HTTP/1.1 ${status} No\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, opened => far.serve?.(opened, request));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new KubeConnection({
    target: { via: 'direct', url: `http://127.0.0.1:${port}`, token: 'token' },
    bounds: { namespaces: more.namespaces ?? ['shop'], clusterScoped: false },
    readOnly: more.readOnly ?? false,
    userAgent: 'vigie/test',
  });
}

async function run(far: FarSide, more: Partial<ExecInput> = {}): Promise<Ran> {
  const connection = await connect(far);
  const executor = await connection.session(new AbortController().signal).executor();
  return executor.exec({
    pod: { name: 'web', namespace: 'shop' },
    container: 'c',
    command: ['env'],
    timeoutMs: 120_000,
    signal: new AbortController().signal,
    ...more,
  });
}

const frame = (stream: number, text: string | Buffer) =>
  Buffer.concat([Buffer.from([stream]), Buffer.from(text)]);
const success = frame(3, JSON.stringify({ status: 'Success' }));
function sayAndClose(socket: WebSocket, bytes: Buffer): void {
  socket.send(bytes);
  socket.close();
}

const exitCode = (code: string) =>
  JSON.stringify({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  });

describe('a command', () => {
  test('leaves as exactly its words, in their order', async () => {
    const command = ['sh', '-c', 'a&b=c #?/../ü', '', 'stdin=true'];
    await run({ serve: socket => sayAndClose(socket, success) }, { command });
    const url = new URL(asked[0] ?? '', 'http://server');
    expect(url.pathname).toBe('/api/v1/namespaces/shop/pods/web/exec');
    expect([...url.searchParams]).toEqual([
      ['container', 'c'],
      ['stdout', 'true'],
      ['stderr', 'true'],
      ...command.map(word => ['command', word]),
    ]);
  });

  test('ends with the code that the server tells, whatever pieces it comes in', async () => {
    const text = exitCode('3');
    const serve = (socket: WebSocket) => {
      socket.send(frame(1, 'one\n'));
      socket.send(frame(2, 'two\n'));
      socket.send(frame(1, ''));
      socket.send(frame(3, text.slice(0, 20)));
      socket.send(frame(3, text.slice(20)));
      socket.close();
    };
    expect(await run({ serve })).toMatchObject({
      end: { how: 'exited', code: 3 },
      stdout: { bytes: 4, tail: { text: 'one\n', cut: false } },
      stderr: { bytes: 4, tail: { text: 'two\n', cut: false } },
    });
  });

  test('without an end that can be read is not known to have ended', async () => {
    for (const said of ['', '{', '{"status":"Maybe"}', 'null']) {
      const serve = (socket: WebSocket) => {
        if (said !== '') socket.send(frame(3, said));
        socket.close();
      };
      await expect(run({ serve })).rejects.toMatchObject({
        code: 'BAD_RESPONSE',
        details: { outcomeUnknown: true },
      });
    }
  });

  test('whose code is no number failed in the words of the node', async () => {
    const status = { status: 'Failure', reason: 'NonZeroExitCode', message: 'x\u001b[2Jy' };
    const serve = (socket: WebSocket) => sayAndClose(socket, frame(3, JSON.stringify(status)));
    expect((await run({ serve })).end).toEqual({ how: 'failed', why: 'xy' });
  });

  test.each(['', '0', '-0', '00', ' ', '0x0', '1e0', 'null'])(
    'that failed with the code %j has not ended well',
    async code => {
      const serve = (socket: WebSocket) => sayAndClose(socket, frame(3, exitCode(code)));
      expect((await run({ serve })).end).toMatchObject({ how: 'failed' });
    },
  );

  test('whose line nobody closes has ended as was said, when nothing more comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let opened: WebSocket | undefined;
    let heard = 0;
    const serve = (socket: WebSocket) => {
      opened = socket;
      socket.on('pong', () => (heard += 1));
      socket.send(frame(1, 'one '));
      socket.send(success);
      socket.ping();
    };
    const running = run({ serve });
    await expect.poll(() => heard).toBe(1);
    vi.advanceTimersByTime(4_000);
    opened?.send(frame(1, 'two'));
    opened?.ping();
    await expect.poll(() => heard).toBe(2);
    vi.advanceTimersByTime(4_000);
    expect(opened?.readyState).toBe(opened?.OPEN);
    vi.advanceTimersByTime(1_000);
    expect(await running).toMatchObject({
      end: { how: 'exited', code: 0 },
      stdout: { tail: { text: 'one two' } },
    });
    await expect.poll(() => vi.getTimerCount()).toBe(0);
  });

  test('that ended in time has, however its line is left; but not all that it printed may have come', async () => {
    const serve = (socket: WebSocket) => socket.send(frame(3, exitCode('4')));
    const timeoutMs = 2_000;
    expect((await run({ serve }, { timeoutMs })).end).toEqual({ how: 'exited', code: 4 });
    const taking = { timeoutMs, stdout: () => {} };
    expect((await run({ serve }, taking)).end).toEqual({ how: 'timeout' });
  });

  test('that never ends is left when its time is over, and its line is closed', async () => {
    let closed = false;
    const serve = (socket: WebSocket) => socket.on('close', () => (closed = true));
    expect((await run({ serve }, { timeoutMs: 100 })).end).toEqual({ how: 'timeout' });
    await expect.poll(() => closed).toBe(true);
  });

  test('is left when the caller stops', async () => {
    const stop = new AbortController();
    const serve = (socket: WebSocket) => socket.send(frame(1, 'begun'));
    const more = { signal: stop.signal, stdout: () => stop.abort() };
    expect((await run({ serve }, more)).end).toEqual({ how: 'stopped' });
  });

  test('that prints without end is left, and holds no more than the end of it', async () => {
    const serve = (socket: WebSocket) => {
      const bytes = frame(1, Buffer.alloc(1024 * 1024, 'x\n'));
      for (let count = 0; count < 80; count++) socket.send(bytes);
    };
    const ran = await run({ serve });
    expect(ran.end).toEqual({ how: 'flood' });
    expect(ran.stdout.tail.text.length).toBeLessThanOrEqual(64 * 1024);
    expect(ran.stdout.tail.cut).toBe(true);
  });

  test('whose outcome has no end is left, and what is no larger than a Status may be is read', async () => {
    const padded = (bytes: number): Buffer =>
      Buffer.concat([success, Buffer.alloc(bytes - success.length + 1, ' ')]);
    const whole = (socket: WebSocket) => sayAndClose(socket, padded(1024 * 1024));
    expect((await run({ serve: whole })).end).toEqual({ how: 'exited', code: 0 });
    const endless = (socket: WebSocket) => {
      for (const piece of [1024 * 1024, 1024]) socket.send(padded(piece));
    };
    expect((await run({ serve: endless })).end).toEqual({ how: 'flood' });
  });

  test('whose connection is lost in its middle may have run', async () => {
    const serve = (socket: WebSocket) => (socket.send(frame(1, 'half')), socket.terminate());
    await expect(run({ serve })).rejects.toMatchObject({ details: { outcomeUnknown: true } });
  });

  test('gets its whole stdin and an end of it', async () => {
    const heard: Buffer[] = [];
    const serve = (socket: WebSocket) =>
      socket.on('message', (data: Buffer) => {
        if (data[0] === 0) heard.push(data.subarray(1));
        if (data[0] === 255 && data[1] === 0) sayAndClose(socket, success);
      });
    await run({ serve }, { stdin: Buffer.alloc(100_000, 'y') });
    expect(Buffer.concat(heard)).toEqual(Buffer.alloc(100_000, 'y'));
  });
});

describe('a server that cannot end the input of a command', () => {
  const protocols = ['v4.channel.k8s.io'];

  test('runs what needs none', async () => {
    const serve = (socket: WebSocket) => sayAndClose(socket, success);
    expect((await run({ serve, protocols })).end).toEqual({ how: 'exited', code: 0 });
  });

  test('is sent none, is told goodbye, and is named', async () => {
    const heard: Buffer[] = [];
    let closed = false;
    const serve = (socket: WebSocket) => {
      socket.on('message', (data: Buffer) => heard.push(data));
      socket.on('close', () => (closed = true));
    };
    await expect(run({ serve, protocols }, { stdin: Buffer.from('x') })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('before 1.30'),
    });
    await expect.poll(() => closed).toBe(true);
    expect(heard).toEqual([]);
  });
});

describe('a connection to a port whose caller has said all', () => {
  async function forward(far: FarSide) {
    const connection = await connect(far);
    const executor = await connection.session(new AbortController().signal).executor();
    const [near, caller] = duplexPair();
    const pod = { name: 'web', namespace: 'shop' };
    const { signal } = new AbortController();
    const carrying = executor.forward({ pod, port: 80, connection: near, signal });
    caller.end('all');
    return { caller, carrying };
  }

  const port = Buffer.from([80, 0]);

  test('is answered, however long the answer', async () => {
    const serve = (socket: WebSocket) => {
      socket.send(frame(0, port));
      socket.on('message', () => {
        for (let count = 0; count < 20; count++) socket.send(frame(0, 'x'.repeat(100_000)));
        socket.close();
      });
    };
    const { caller, carrying } = await forward({ serve });
    expect((await textOf(caller)).length).toBe(2_000_000);
    expect(await carrying).toEqual({ sentBytes: 3, receivedBytes: 2_000_000 });
  });

  test('is left by itself when nothing more comes back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let said = '';
    let opened: WebSocket | undefined;
    const serve = (socket: WebSocket) => {
      opened = socket;
      socket.send(frame(0, port));
      socket.on('message', (data: Buffer) => (said += data.subarray(1).toString()));
    };
    const { caller, carrying } = await forward({ serve });
    let heard = '';
    caller.on('data', bytes => (heard += String(bytes)));
    await expect.poll(() => said).toBe('all');
    vi.advanceTimersByTime(59_000);
    opened?.send(frame(0, 'one'));
    await expect.poll(() => heard).toBe('one');
    vi.advanceTimersByTime(59_000);
    opened?.send(frame(0, 'two'));
    await expect.poll(() => heard).toBe('onetwo');
    vi.advanceTimersByTime(61_000);
    expect(await carrying).toEqual({ sentBytes: 3, receivedBytes: 6 });
  });

  test('is not left while it still reads what came', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let sent = false;
    const serve = (socket: WebSocket) => {
      socket.send(frame(0, port));
      socket.on('message', () => {
        for (let count = 0; count < 20; count++) socket.send(frame(0, 'x'.repeat(100_000)));
        socket.send(frame(0, 'end'), () => (sent = true));
      });
    };
    const { caller, carrying } = await forward({ serve });
    await expect.poll(() => sent).toBe(true);
    await expect.poll(() => caller.readableLength).toBeGreaterThan(0);
    for (const _round of [1, 2, 3]) vi.advanceTimersByTime(61_000);
    let heard = 0;
    caller.on('data', bytes => (heard += bytes.length));
    await expect.poll(() => heard).toBe(2_000_003);
    vi.advanceTimersByTime(61_000);
    expect(await carrying).toMatchObject({ receivedBytes: 2_000_003 });
  });

  test('keeps no process waiting once the pod has ended it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { carrying } = await forward({ serve: socket => socket.on('message', () => socket.close()) });
    await carrying;
    await expect.poll(() => vi.getTimerCount()).toBe(0);
  });
});

describe('a line that is not opened', () => {
  test.each([
    [500, 'container not found ("c")', 'NOT_STARTED'],
    [500, JSON.stringify({ kind: 'Status', message: 'error dialing backend', code: 500 }), 'NOT_STARTED'],
    [502, '<html>bad gateway</html>', 'SERVER_ERROR'],
    [
      403,
      JSON.stringify({
        kind: 'Status',
        message: 'pods "web" is forbidden: User "x" cannot create',
        code: 403,
      }),
      'FORBIDDEN',
    ],
    [
      404,
      JSON.stringify({ kind: 'Status', message: 'n', details: { name: 'web', kind: 'pods' }, code: 404 }),
      'NOT_FOUND',
    ],
    [302, '', 'BAD_RESPONSE'],
    [200, 'hello', 'BAD_RESPONSE'],
  ])('for %i %s is %s', async (status, body, code) => {
    await expect(run({ refuse: { status, body } })).rejects.toMatchObject({
      code,
      ...(code === 'NOT_STARTED' ? { hint: expect.stringContaining('k8s_describe') } : {}),
    });
    expect(asked).toHaveLength(1);
  });

  test('because the server does not answer can be stopped', async () => {
    const stop = new AbortController();
    const running = run({ silent: true }, { signal: stop.signal });
    await expect.poll(() => asked.length).toBe(1);
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED', details: { outcomeUnknown: true } });
  });

  test('is not even asked for outside of the namespaces, or read-only', async () => {
    const serve = () => undefined;
    const outside = await connect({ serve }, { namespaces: ['other'] });
    const executor = await outside.session(new AbortController().signal).executor();
    const input = {
      pod: { name: 'web', namespace: 'shop' },
      container: 'c',
      command: ['env'],
      timeoutMs: 1_000,
      signal: new AbortController().signal,
    };
    await expect(executor.exec(input)).rejects.toMatchObject({ code: 'OUT_OF_BOUNDS' });
    const readOnly = await connect({ serve }, { readOnly: true });
    await expect(readOnly.session(input.signal).executor()).rejects.toMatchObject({ code: 'READ_ONLY' });
    expect(asked).toEqual([]);
  });
});

describe('the gate of a line', () => {
  const meant = {
    name: 'web',
    namespace: 'shop',
    subresource: 'exec' as const,
    query: [
      ['container', 'c'],
      ['command', 'env'],
    ] as const,
  };
  const leaving = (target: string, method = 'GET') => {
    const { pathname, searchParams } = new URL(target, 'http://server');
    return { method, pathname, query: searchParams, body: undefined };
  };
  const right = '/api/v1/namespaces/shop/pods/web/exec?container=c&command=env';

  test('lets through what was meant, which no reader may send', () => {
    expect(() => streamGate(meant)(leaving(right))).not.toThrow();
    expect(() => readGate(leaving(right))).toThrow('held back');
  });

  test.each([
    right.replace('/web/', '/other/'),
    right.replace('/shop/', '/prod/'),
    right.replace('/exec', '/attach'),
    right.replace('/pods/', '/services/'),
    `${right}&command=-i`,
    `${right}&tty=true`,
    right.replace('command=env', 'command=sh'),
    right.replace('container=c&', ''),
    '/api/v1/namespaces/shop/pods/web/exec?command=env&container=c',
  ])('holds back %s', target => {
    expect(() => streamGate(meant)(leaving(target))).toThrow('held back');
  });

  test('no name and no word reaches another pod or another command', async () => {
    const connection = await connect({ refuse: { status: 500, body: 'no' } });
    const session = connection.session(new AbortController().signal);
    const executor = await session.executor();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.constantFrom('..', 'web/exec?command=rm#', 'a%2fb'),
        ),
        fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }),
        async (name, command) => {
          asked.length = 0;
          await executor
            .exec({
              pod: { name, namespace: 'shop' },
              container: 'c',
              command,
              timeoutMs: 1_000,
              signal: new AbortController().signal,
            })
            .catch(() => undefined);
          for (const path of asked) {
            const url = new URL(path, 'http://server');
            expect(url.pathname).toBe(`/api/v1/namespaces/shop/pods/${name}/exec`);
            expect(url.searchParams.getAll('command')).toEqual(command.map(word => word.toWellFormed()));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
