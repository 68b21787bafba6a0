import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { startVigie, type TestVigie } from '../support/start-vigie.ts';
import { isWrite } from '../support/tripwire.ts';

/** One request on its way to the cluster. */
export interface Passing {
  method: string;
  path: string;
  body: string;
  /** It may change something: no read, no dry run, no review. */
  isWrite: boolean;
}

/**
 * What the wire says instead of the cluster; `cut`: the connection breaks off where the answer should be, or after the
 * body with `thenCut`.
 */
export type Instead =
  | {
      status?: number;
      headers?: Record<string, string | string[]>;
      body: string | Buffer | JsonObject;
      thenCut?: true;
    }
  | 'cut';

interface Meddling {
  /** Before the request reaches the cluster; an answer keeps it from the cluster. */
  before?(passing: Passing): Instead | undefined | Promise<Instead | undefined>;
  /** After the cluster has acted; an answer replaces the cluster's own. */
  after?(passing: Passing): Instead | undefined | Promise<Instead | undefined>;
}

export interface Meddled extends TestVigie {
  passed: Passing[];
  meddle(how: Meddling): void;
  writes(): string[];
  /** Asks the cluster itself, past Vigie and the wire, as an administrator would. */
  admin(method: string, path: string, body?: Json): Promise<JsonObject>;
}

/** A whole Vigie whose line to the cluster runs through a wire that a test can meddle with, request by request. */
export async function startMeddled(setup: Parameters<typeof startVigie>[0] = {}): Promise<Meddled> {
  const running = await startVigie(setup);
  const { sandbox } = running;
  const passed: Passing[] = [];
  let meddling: Meddling = {};
  const server = createServer((request, response) => {
    void forward(request, response).catch(() => response.destroy());
  });

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    // A client that refuses to send a token in clear gets it as a part of the path, which no test is about.
    const path = url.replace(`/${sandbox.token}`, '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const passing: Passing = { method, path, body, isWrite: isWrite(method, path) };
    passed.push(passing);
    const early = await meddling.before?.(passing);
    if (early !== undefined) return say(response, early);
    const sent = httpRequest(`${sandbox.url}${url}`, {
      method,
      headers: { ...request.headers, host: new URL(sandbox.url).host },
    });
    response.on('close', () => sent.destroy());
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const late = await meddling.after?.(passing);
    if (late !== undefined) {
      answer.resume();
      return say(response, late);
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(running.dir, 'kubeconfig');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(sandbox.url, address), { mode: 0o600 });
  return {
    ...running,
    passed,
    meddle: how => {
      meddling = how;
    },
    writes: () =>
      passed.filter(passing => passing.isWrite).map(({ method, path }) => `${method} ${path.split('?')[0]}`),
    admin: (method, path, body) => admin(running, { method, path, body }),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await running.stop();
    },
  };
}

function say(response: ServerResponse, instead: Instead): void {
  if (instead === 'cut') {
    response.destroy();
    return;
  }
  const { status = 200, headers = {}, body } = instead;
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  response.writeHead(status, { 'content-type': raw ? 'text/plain' : 'application/json', ...headers });
  const text = raw ? body : JSON.stringify(body);
  if (instead.thenCut === true) response.write(text, () => response.destroy());
  else response.end(text);
}

/** A Status as an API server sends it with a refusal. */
export function refusal(code: number, more: JsonObject): Instead {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, ...more },
  };
}

async function admin(
  running: TestVigie,
  request: { method: string; path: string; body: Json | undefined },
): Promise<JsonObject> {
  const { method, path, body } = request;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(running.sandbox.url + path, {
    method,
    headers: { authorization: `Bearer ${running.sandbox.token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as JsonObject;
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return answer;
}
