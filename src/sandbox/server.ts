import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { stringify } from 'yaml';
import { VigieError } from '../core/errors.ts';
import { type Exchange, sendJson } from './api/exchange.ts';
import { parsePath } from './api/path.ts';
import { answer } from './api/route.ts';
import { authenticate, takeToken } from './authenticate.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { answerControl, controlPath } from './control.ts';
import type { Controller } from './controllers/controller.ts';
import { controllers } from './controllers/index.ts';
import { type Loop, startLoop } from './loop.ts';
import { failure, statusBody } from './status.ts';
import { administrator } from './user.ts';
import type { World } from './world.ts';

/** As many requests as the record for tests holds; older ones are dropped. */
const rememberedRequests = 2_000;

/** As many moments as one move of the clock stops at; what is left is jumped over. */
const stopsInAMove = 10_000;

/** Moves the clock from one moment at which something happens to the next, so that what takes several steps takes them. */
async function advance({ cluster, loop }: { cluster: Cluster; loop: Loop }, ms: number): Promise<void> {
  const { clock } = cluster;
  await loop.settled();
  // By as much as was asked for, however long playing it through takes.
  const end = clock.movedMs + ms;
  const left = (): number => end - clock.movedMs;
  for (let stops = 0; stops < stopsInAMove; stops++) {
    const next = loop.nextWake();
    if (next === undefined || next > clock.now() + left()) break;
    clock.advance(Math.max(0, next - clock.now()));
    loop.wake();
    await loop.settled();
  }
  clock.advance(Math.max(0, left()));
  loop.wake();
  await loop.settled();
}

/** One request as it arrived. */
interface RequestRecord {
  method: string;
  /** Path and query, without the token. */
  path: string;
  userAgent: string;
  /** The query says dryRun=All. */
  dryRun: boolean;
}

/** A running simulated cluster. */
export interface Sandbox {
  url: string;
  token: string;
  cluster: Cluster;
  /** The last requests, oldest first. */
  requests(): readonly RequestRecord[];
  /** A kubeconfig (YAML) that reaches it: as the administrator, or as the account of a token that it issued. */
  kubeconfig(token?: string): string;
  /** Resolves when no controller has anything to do at this moment. */
  settled(): Promise<void>;
  /** Moves the cluster's time forward and lets its controllers act. */
  advance(ms: number): Promise<void>;
  /** When the last request arrived, ms since epoch. */
  lastRequestMs(): number;
  /** Ends open watches and stops. */
  close(): Promise<void>;
}

/**
 * Serves a world over plain HTTP on 127.0.0.1. port 0 or absent: any free one; token absent: a random one.
 * SANDBOX: the port cannot be had.
 */
export async function startSandbox(input: {
  world: World;
  port?: number;
  token?: string;
  now?: () => number;
  /** Who acts in it; absent: everybody. */
  controllers?: readonly Controller[];
}): Promise<Sandbox> {
  const token = input.token ?? randomBytes(32).toString('base64url');
  const cluster = createCluster(input.world, input.now);
  const records: RequestRecord[] = [];
  const startedMs = Date.now();
  let lastRequestMs = startedMs;
  const loop = startLoop(cluster, {
    controllers: input.controllers ?? controllers,
    onFault: reportFault,
  });
  // One move after the other: each begins where the one before has ended.
  let moved = Promise.resolve();
  const move = (ms: number): Promise<void> => {
    moved = moved.then(() => advance({ cluster, loop }, ms));
    return moved;
  };

  const hear = (
    request: IncomingMessage,
    { response, upgrade }: Pick<Exchange, 'response' | 'upgrade'>,
  ): void => {
    lastRequestMs = Date.now();
    // Whoever tells ages tells them by the time of the cluster, which may be ahead.
    response.setHeader('date', new Date(cluster.clock.now()).toUTCString());
    const { url, given } = takeToken(request.url ?? '/', token);
    remember(records, { request, path: url });
    const [path = '', query = ''] = url.split('?', 2);
    const exchange: Exchange = {
      cluster,
      request,
      response,
      method: request.method ?? 'GET',
      query: new URLSearchParams(query),
      user: administrator,
      warnings: [],
      upgrade,
    };
    void handle(exchange, async () => {
      exchange.user = authenticate(cluster, { headers: request.headers, given, token });
      if (path === controlPath) await answerControl(exchange, { startedMs, advance: move });
      else await answer(exchange, parsePath(path));
    });
  };
  const server = createServer((request, response) => hear(request, { response }));
  const upgraded = new Set<Socket>();
  server.on('upgrade', (request, socket, head) => {
    if (!(socket instanceof Socket)) return;
    upgraded.add(socket);
    socket.on('close', () => upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    // A refusal is an answer of HTTP still, and the last on this connection.
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.end());
    hear(request, { response, upgrade: { socket, head } });
  });
  const address = await listen(server, input.port ?? 0);
  const url = `http://127.0.0.1:${address.port}`;

  return {
    url,
    token,
    cluster,
    requests: () => records,
    kubeconfig: (shown = token) => kubeconfigText({ url, token: shown, name: input.world.name }),
    settled: () => loop.settled(),
    advance: move,
    lastRequestMs: () => lastRequestMs,
    async close() {
      loop.stop();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      });
    },
  };
}

function listen(server: Server, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new VigieError('SANDBOX', `The sandbox cannot listen on port ${port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address);
    });
  });
}

function remember(
  records: RequestRecord[],
  { request, path }: { request: IncomingMessage; path: string },
): void {
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  records.push({
    method: request.method ?? '',
    path,
    userAgent: request.headers['user-agent'] ?? '',
    dryRun: query.getAll('dryRun').includes('All'),
  });
  if (records.length > rememberedRequests) records.splice(0, records.length - rememberedRequests);
}

/** The one handler: whatever is thrown below it becomes a Status here. */
async function handle(exchange: Exchange, act: () => Promise<void>): Promise<void> {
  const { request, response } = exchange;
  response.on('error', () => response.destroy());
  try {
    requireLoopbackHost(request);
    await act();
  } catch (error) {
    const status = statusBody(error) ?? statusBody(faultOf(error));
    // The answer of a connection that speaks another protocol by now would go nowhere.
    if (response.headersSent || response.socket === null || status === undefined) response.destroy();
    else await sendJson(exchange, status, status.code);
  } finally {
    // What was not read of a refused body would otherwise be taken for the next request.
    if (!request.complete) request.resume();
  }
}

/** A page in a browser can be made to resolve its own name to this machine; it cannot change the Host header. */
function requireLoopbackHost(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (host === '127.0.0.1' || host === 'localhost' || host === '[::1]') return;
  throw failure(403, {
    reason: 'Forbidden',
    message: `the sandbox answers only to loopback host names, not to "${host}"`,
  });
}

function faultOf(error: unknown): Error {
  reportFault(error);
  const why = error instanceof Error ? error.message : String(error);
  const details = { causes: [{ message: why }] };
  return failure(500, { reason: 'InternalError', message: `Internal error occurred: ${why}`, details });
}

/** A fault of the sandbox itself goes to standard error with its trace: it has no other log. */
function reportFault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`vigie sandbox: fault ${randomUUID()}: ${text}\n`);
}

// The real client refuses plain HTTP unless TLS checks are off.
function kubeconfigText({ url, token, name }: { url: string; token: string; name: string }): string {
  const named = `sandbox-${name.replace(/[^a-z0-9-]+/gi, '-')}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': named,
    clusters: [{ name: named, cluster: { server: `${url}/${token}`, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: named, context: { cluster: named, user: named } }],
    users: [{ name: named, user: { token } }],
  };
  return stringify(config, { indentSeq: false });
}
