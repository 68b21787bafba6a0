import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LegacySessions } from '../../src/server/legacy-sessions.ts';
import { serverLimits } from '../../src/server/limits.ts';
import { rawRequest } from '../support/raw-request.ts';

const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};
const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };

let sessions: LegacySessions;
let http: ReturnType<typeof createServer>;
let url: string;
beforeEach(async () => {
  sessions = new LegacySessions(() => new McpServer({ name: 'probe', version: '1' }));
  http = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.once('end', () => {
      void serve({ request, response }, JSON.parse(text));
    });
  });
  await new Promise<void>(resolve => {
    http.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
});
afterEach(async () => {
  sessions.endAll();
  await new Promise(resolve => {
    http.close(resolve);
    http.closeAllConnections();
  });
});

async function serve(exchange: Parameters<LegacySessions['serve']>[0], body: unknown): Promise<void> {
  const refusal = await sessions.serve(exchange, body);
  if (refusal !== undefined) exchange.response.writeHead(refusal.status).end(refusal.message);
}

async function open(): Promise<string> {
  const { headers: answered } = await rawRequest(url, { headers, body: JSON.stringify(initialize) });
  return String(answered['mcp-session-id']);
}

async function use(session: string): Promise<number> {
  const sent = { ...headers, 'mcp-session-id': session };
  return (await rawRequest(url, { headers: sent, body: JSON.stringify(ping) })).status;
}

test('a session over the limit takes the place of the one that was unused longest', async () => {
  const first = await open();
  const second = await open();
  for (let count = 2; count < serverLimits.sessions; count += 1) await open();
  expect(await use(first)).toBe(200);
  const newest = await open();
  expect(sessions.size).toBe(serverLimits.sessions);
  expect(await use(second)).toBe(404);
  expect(await use(first)).toBe(200);
  expect(await use(newest)).toBe(200);
});

test('a session that nobody used for half an hour ends, and one in use does not', async () => {
  const session = await open();
  sessions.endIdle(Date.now() + serverLimits.sessionIdleMs - 60_000);
  expect(await use(session)).toBe(200);
  sessions.endIdle(Date.now() + serverLimits.sessionIdleMs + 60_000);
  expect(await use(session)).toBe(404);
  expect(sessions.size).toBe(0);
});

test('a request without a session is told to initialize', async () => {
  const answer = await rawRequest(url, { headers, body: JSON.stringify(ping) });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('initialize')]);
});
