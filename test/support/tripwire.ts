import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request on its way through, as the wire saw it. */
export interface Passing {
  /** From 1, since the wire was armed. */
  number: number;
  method: string;
  path: string;
  /** It may change something: no read, no dry run, no review. */
  isWrite: boolean;
  /** What was sent. */
  body: string;
}

export interface Tripwire {
  url: string;
  passed: readonly Passing[];
  /** Called before a request is forwarded and again before its answer is; whoever throws the switch does it here. */
  arm(watch: (passing: Passing, moment: 'before' | 'after') => void | Promise<void>): void;
  close(): Promise<void>;
}

/** A proxy between a client and the sandbox on which a test can act at an exact request. */
export async function startTripwire(target: string): Promise<Tripwire> {
  let watch: Parameters<Tripwire['arm']>[0] = () => {};
  const passed: Passing[] = [];
  const server = createServer((request, response) => {
    void forward(request, response).catch(() => response.destroy());
  });

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const passing: Passing = {
      number: passed.length + 1,
      method,
      path: url,
      isWrite: isWrite(method, url),
      body: '',
    };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    passing.body = body.toString('utf8');
    if (method === 'DELETE' && passing.body.includes('"dryRun"')) passing.isWrite = false;
    passed.push(passing);
    await watch(passing, 'before');
    const sent = httpRequest(`${target}${url}`, {
      method,
      headers: { ...request.headers, host: new URL(target).host },
    });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    await watch(passing, 'after');
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    arm: armed => {
      passed.length = 0;
      watch = armed;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function isWrite(method: string, path: string): boolean {
  return method !== 'GET' && !path.includes('dryRun=All') && !/reviews?(\?|$)/.test(path);
}
