import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addToken, removeToken } from '../../src/config/tokens.ts';
import { type HttpService, serveHttp } from '../../src/server/http.ts';
import { eventually } from '../support/eventually.ts';
import { connectHttp, eras } from '../support/mcp-clients.ts';
import { rawRequest } from '../support/raw-request.ts';
import { tinyVigie } from '../support/tiny-vigie.ts';

let home: string;
let tokensFile: string;
let vigie: ReturnType<typeof tinyVigie>;
let service: HttpService;
let secret: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'vigie-http-'));
  tokensFile = join(home, 'tokens.yaml');
  ({ secret } = await addToken(tokensFile, { name: 'laptop', person: 'alice' }));
  vigie = tinyVigie({ home });
  service = await serveHttp({ vigie, host: '127.0.0.1', port: 0, tokensFile });
});
afterEach(async () => {
  await service.close();
  await vigie.close();
  rmSync(home, { recursive: true, force: true });
});

const ping = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});

function good(more: Record<string, string> = {}): Record<string, string> {
  return {
    authorization: `Bearer ${secret}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...more,
  };
}

describe.each(eras)('a %s client over HTTP', era => {
  let client: Client;
  beforeEach(async () => {
    client = await connectHttp(service.url, { era, secret });
  });
  afterEach(async () => {
    await client.close();
  });

  test('calls a tool and is told the nearest names of an unknown one', async () => {
    const result = await client.callTool({ name: 'probe_echo', arguments: { text: 'hello' } });
    expect(result.structuredContent).toEqual({ length: 5 });
    const unknown = await client.callTool({ name: 'probe_ecko', arguments: {} });
    expect(unknown.structuredContent).toMatchObject({ code: 'UNKNOWN_TOOL' });
  });

  test('is shown progress, and a call it cancels is stopped', async () => {
    const seen: string[] = [];
    const cancel = new AbortController();
    const onprogress = ({ message }: { message?: string | undefined }): void => void seen.push(message ?? '');
    const call = client.callTool(
      { name: 'probe_wait', arguments: {} },
      { signal: cancel.signal, onprogress },
    );
    const ended = expect(call).rejects.toThrow();
    await eventually(() => expect(seen).toEqual(['one', 'two', 'three']));
    expect(vigie.stopped()).toBe(0);
    cancel.abort();
    await ended;
    await eventually(() => expect(vigie.stopped()).toBe(1));
  });

  test('has its calls stopped when the server closes', async () => {
    let started = false;
    const onprogress = (): void => {
      started = true;
    };
    const call = client.callTool({ name: 'probe_wait', arguments: {} }, { onprogress });
    const ended = call.catch(() => {});
    await eventually(() => expect(started).toBe(true));
    await service.close();
    expect(vigie.stopped()).toBe(1);
    await client.close();
    await ended;
  });

  test('may send five megabytes and not nine', async () => {
    const text = 'x'.repeat(5 * 1024 * 1024);
    const result = await client.callTool({ name: 'probe_echo', arguments: { text } });
    expect(result.structuredContent).toEqual({ length: text.length });
    await expect(
      client.callTool({ name: 'probe_echo', arguments: { text: 'x'.repeat(9 * 1024 * 1024) } }),
    ).rejects.toThrow();
  });

  test('may not send what takes others seconds to wait for: half a million empty lists', async () => {
    const text = Array.from({ length: 500_000 }, () => []);
    await expect(client.callTool({ name: 'probe_echo', arguments: { text } })).rejects.toThrow(
      /more than 50000 commas/,
    );
  });
});

test('connections that say nothing keep nobody out, and are closed in the end', async () => {
  const { hostname, port } = new URL(service.url);
  let closed = 0;
  const idle = Array.from({ length: 300 }, () => {
    const socket = connect(Number(port), hostname);
    socket
      .resume()
      .on('error', () => {})
      .on('close', () => (closed += 1));
    return once(socket, 'connect');
  });
  await Promise.all(idle);
  const answer = await rawRequest(service.url, { headers: good(), body: ping });
  expect(answer.status).toBe(200);
  await eventually(() => expect(closed).toBe(300));
});

test('a token that keeps every request open takes nobody else the place', async () => {
  const { hostname, port, host } = new URL(service.url);
  const { secret: other } = await addToken(tokensFile, { name: 'other', person: 'bob' });
  const head = (token: string): string =>
    `POST /mcp HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`;
  const sockets: Socket[] = [];
  let refused = '';
  // A few at a time, each with its head read before the next ones come.
  for (let round = 0; round < 20; round += 1) {
    for (let one = 0; one < 30; one += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {}).on('data', (bytes: Buffer) => void (refused = bytes.toString()));
      socket.write(head(secret));
      sockets.push(socket);
    }
    const headers = good({ authorization: `Bearer ${other}` });
    expect((await rawRequest(service.url, { headers, body: ping, fresh: true })).status).toBe(200);
  }
  await eventually(() => expect(refused).toMatch(/^HTTP\/1\.1 503 [\s\S]*end one first/));
  for (const socket of sockets) socket.destroy();
});

describe.each(eras)('the token of a %s client', era => {
  test('narrows environments, families of tools and writing', async () => {
    const { secret: narrow } = await addToken(tokensFile, {
      name: 'narrow',
      person: 'bob',
      environments: ['beta'],
      toolsets: ['changes', 'environments'],
      readOnly: true,
    });
    const client = await connectHttp(service.url, { era, secret: narrow });
    const { tools } = await client.listTools();
    expect(tools.map(tool => tool.name)).toEqual(['environments_list', 'changes_list', 'changes_get']);
    const environments = await client.callTool({ name: 'environments_list', arguments: {} });
    expect(JSON.stringify(environments)).not.toContain('alpha');
    expect(environments.structuredContent).toMatchObject({ readOnly: true });
    const undo = await client.callTool({ name: 'changes_undo', arguments: { id: 'AAAAAAAA' } });
    expect(undo.structuredContent).toMatchObject({ code: 'UNKNOWN_TOOL' });
    await client.close();
  });

  test('is good no more once it is removed, without a restart', async () => {
    const client = await connectHttp(service.url, { era, secret });
    await client.listTools();
    await removeToken(tokensFile, 'laptop');
    await expect(client.callTool({ name: 'probe_echo', arguments: { text: 'x' } })).rejects.toThrow();
  });

  test('keeps no stream open once it is removed', async () => {
    const opened = await rawRequest(service.url, { headers: good(), body: ping });
    const session = String(opened.headers['mcp-session-id']);
    const headers = good({ accept: 'text/event-stream', 'mcp-session-id': session });
    // Resolves when the stream ends, which nothing but the server does here.
    const stream = rawRequest(service.url, { method: 'GET', headers });
    await removeToken(tokensFile, 'laptop');
    expect((await stream).status).toBe(200);
  });

  test('is not good after its time', async () => {
    const { secret: old } = await addToken(tokensFile, {
      name: 'old',
      person: 'bob',
      expiresAt: '2020-01-01T00:00:00Z',
    });
    await expect(connectHttp(service.url, { era, secret: old })).rejects.toThrow();
  });
});

describe('a request is refused', () => {
  test.each([
    ['with 403 when its Host is another server', { host: 'evil.example' }, 403],
    ['with 403 when a page of another origin sends it', { origin: 'https://evil.example' }, 403],
    ['with 403 when a page that hides its origin sends it', { origin: 'null' }, 403],
    ['with 415 when it is a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['with 415 when it is plain text', { 'content-type': 'text/plain' }, 415],
    ['with 401 when its token is wrong', { authorization: `Bearer vigie_${'A'.repeat(43)}` }, 401],
    ['with 401 when it has another scheme', { authorization: 'Basic YWxpY2U6eA==' }, 401],
  ])('%s', async (_, headers, status) => {
    const answer = await rawRequest(service.url, { headers: good(headers), body: ping });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ jsonrpc: '2.0', error: { message: expect.any(String) } });
  });

  test('with 401 and how to ask when it has no token', async () => {
    const { authorization: _, ...headers } = good();
    const answer = await rawRequest(service.url, { headers, body: ping });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test('when its token rides in the query, even the right one', async () => {
    const { authorization: _, ...headers } = good();
    const path = `/mcp?access_token=${secret}`;
    expect((await rawRequest(service.url, { headers, body: ping, path })).status).toBe(400);
    expect((await rawRequest(service.url, { headers: good(), body: ping, path })).status).toBe(400);
  });

  test('when it is for another path, another method, or no JSON', async () => {
    expect((await rawRequest(service.url, { headers: good(), body: ping, path: '/' })).status).toBe(404);
    expect((await rawRequest(service.url, { headers: good(), method: 'PUT', body: ping })).status).toBe(405);
    expect((await rawRequest(service.url, { headers: good(), body: '{"jsonrpc":' })).status).toBe(400);
  });

  test('with 429 after ten wrong tokens, while the right one is still let in', async () => {
    const wrong = good({ authorization: `Bearer vigie_${'A'.repeat(43)}` });
    const statuses: number[] = [];
    for (let round = 0; round < 12; round += 1) {
      statuses.push((await rawRequest(service.url, { headers: wrong, body: ping })).status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
    expect((await rawRequest(service.url, { headers: good(), body: ping })).status).toBe(200);
  });

  test('when its session belongs to another token', async () => {
    const opened = await rawRequest(service.url, { headers: good(), body: ping });
    const session = String(opened.headers['mcp-session-id']);
    expect(session).toMatch(/^[0-9a-f-]{36}$/);
    const list = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
    const own = await rawRequest(service.url, { headers: good({ 'mcp-session-id': session }), body: list });
    expect(own.status).toBe(200);
    const other = await addToken(tokensFile, { name: 'other', person: 'bob' });
    const stolen = await rawRequest(service.url, {
      headers: good({ 'mcp-session-id': session, authorization: `Bearer ${other.secret}` }),
      body: list,
    });
    expect(stolen.status).toBe(404);
  });
});

test('behind a proxy it answers to the names it was given, and to no other', async () => {
  const names = { behindTlsProxy: true, hostnames: ['vigie.example'] };
  const proxied = await serveHttp({ vigie, host: '127.0.0.1', port: 0, tokensFile, ...names });
  const statusFor = async (host: string): Promise<number> =>
    (await rawRequest(proxied.url, { headers: good({ host }), body: ping })).status;
  expect([await statusFor('vigie.example'), await statusFor('evil.example')]).toEqual([200, 403]);
  await proxied.close();
});

describe('the server does not start', () => {
  test('on an address beyond this machine without a proxy that speaks TLS', async () => {
    const start = serveHttp({ vigie, host: '0.0.0.0', port: 0, tokensFile });
    await expect(start).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('in clear'),
    });
  });

  test('with tokens that others can read', async () => {
    chmodSync(tokensFile, 0o644);
    const start = serveHttp({ vigie, host: '127.0.0.1', port: 0, tokensFile });
    await expect(start).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
