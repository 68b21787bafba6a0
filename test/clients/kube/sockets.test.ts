import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSocket } from '../../../src/clients/kube/sockets.ts';
import { limits } from '../../../src/core/limits.ts';

// Node says here that it has read the head of an answer.
const headRead = 'http.client.response.finish';
let heads = 0;
const countHead = () => (heads += 1);
let server: Server | undefined;
let line: Socket | undefined;

beforeEach(() => {
  heads = 0;
  subscribe(headRead, countHead);
});
afterEach(() => {
  vi.useRealTimers();
  unsubscribe(headRead, countHead);
  line?.destroy();
  server?.close();
});

/** Asks for a socket of a server that says this and nothing after it, until the head of what it said was read. */
async function ask(said: readonly (string | Buffer)[], signal = new AbortController().signal) {
  server = createServer(socket => {
    line = socket;
    socket.on('error', () => {});
    socket.once('data', () => said.forEach(each => socket.write(each)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = new URL(`ws://127.0.0.1:${address.port}/`);
  const opening = openSocket({ url, options: {} }, { protocols: ['p'], signal });
  await expect.poll(() => heads).toBe(1);
  return { opening };
}

const refused = (headers: string) => `HTTP/1.1 403 Forbidden\r\n${headers}\r\n\r\n`;
const halfABody = [refused('content-length: 1000'), '{"kind":'];

describe('a refusal', () => {
  test('whose body never ends is one by its head, after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { opening } = await ask(halfABody);
    vi.advanceTimersByTime(limits.requestMs);
    expect(await opening).toMatchObject({ refusal: { status: 403, body: Buffer.alloc(0) } });
    await expect.poll(() => line?.closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('whose body never ends can be stopped', async () => {
    const stop = new AbortController();
    const { opening } = await ask(halfABody, stop.signal);
    stop.abort();
    expect(await opening).toMatchObject({ refusal: { status: 403 } });
    await expect.poll(() => line?.closed).toBe(true);
  });

  test.each([
    ['is packed tighter than any Status', gzipSync(Buffer.alloc(2 * 1024 * 1024))],
    ['is no gzip', Buffer.from('{"kind":"Status"}')],
  ])('whose body %s is one by its head', async (_what, body) => {
    const headers = `content-encoding: gzip\r\ncontent-length: ${body.length}`;
    const { opening } = await ask([refused(headers), body]);
    expect(await opening).toMatchObject({ refusal: { status: 403, body: Buffer.alloc(0) } });
  });

  test('is read whole, and leaves no clock running', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { opening } = await ask([refused('content-length: 2'), '{}']);
    expect(await opening).toMatchObject({ refusal: { status: 403, body: Buffer.from('{}') } });
    expect(vi.getTimerCount()).toBe(0);
  });
});
