import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../src/core/json.ts';
import { isWrite } from './tripwire.ts';

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
 * body with `thenCut`; `speak`: whatever this writes, at its own pace.
 */
export type Instead =
  | {
      status?: number;
      headers?: Record<string, string | string[]>;
      body: string | Buffer | JsonObject;
      thenCut?: true;
    }
  | { speak(response: ServerResponse): void }
  | 'cut';

interface Meddling {
  /** Before the request reaches the cluster; an answer keeps it from the cluster. */
  before?(passing: Passing): Instead | undefined | Promise<Instead | undefined>;
  /** After the cluster has acted; an answer replaces the cluster's own. */
  after?(passing: Passing): Instead | undefined | Promise<Instead | undefined>;
}

export interface MeddledWire {
  url: string;
  passed: Passing[];
  meddle(how: Meddling): void;
  /** Method and path of every request that may have changed something. */
  writes(): string[];
  /** How many answers have begun and not ended. */
  openAnswers(): number;
  close(): Promise<void>;
}

/** A proxy before a sandbox that keeps every request and says, request by request, what it is told to instead. */
export async function startMeddledWire(sandbox: { url: string; token: string }): Promise<MeddledWire> {
  const passed: Passing[] = [];
  const open = new Set<ServerResponse>();
  let meddling: Meddling = {};
  const server = createServer((request, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
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
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    meddle: how => {
      meddling = how;
    },
    writes: () =>
      passed.filter(passing => passing.isWrite).map(({ method, path }) => `${method} ${path.split('?')[0]}`),
    openAnswers: () => open.size,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function say(response: ServerResponse, instead: Instead): void {
  if (instead === 'cut') {
    response.destroy();
    return;
  }
  if ('speak' in instead) return instead.speak(response);
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
