import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  classifyInboundRequest,
  createMcpHandler,
  type McpHttpHandler,
  type McpServer,
  type Server,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import { JsonMeter } from '../core/json-meter.ts';
import type { Logger } from '../telemetry/logger.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { serverLimits } from './limits.ts';
import { mcpPath, type Refusal, refuseRequest } from './request-guards.ts';
import { Strangers } from './strangers.ts';

/** What a caller gets: a fresh server for each request or session, and what its subscriptions hear. */
export interface Desk {
  build(): Server | McpServer;
  /** Absent: one in memory, reached through `handler.notify`. */
  bus?: ServerEventBus;
}

/** A door that is open. */
export interface McpListener {
  url: string;
  close(): Promise<void>;
}

/** Serving one caller: the modern handler and the legacy sessions are his alone, so that nothing crosses to another. */
interface Counter {
  modern: McpHttpHandler;
  serveModern: ReturnType<typeof toNodeHandler>;
  sessions: LegacySessions;
  /** Requests of his that are not answered to their end. */
  open: number;
}

/**
 * MCP over HTTP in both eras at `/mcp`. `admit` decides on each request and returns the caller it belongs to, the same
 * object for the same caller; `stillAdmitted` is asked every few seconds, so that a caller who was removed loses the
 * streams he has open.
 */
export async function listenHttp<Caller extends object>(setup: {
  host: string;
  /** 0: any free one. */
  port: number;
  /** What the Host and Origin headers may name. */
  hostnames: readonly string[];
  admit(request: IncomingMessage): Promise<{ caller: Caller } | Refusal>;
  stillAdmitted(caller: Caller): Promise<boolean>;
  deskOf(caller: Caller): Desk;
  log: Logger;
  /** Told of each handler, for what publishes to its subscriptions from outside. */
  onHandler?(handler: McpHttpHandler): void;
}): Promise<McpListener> {
  const counters = new Map<Caller, Counter>();

  function counterOf(caller: Caller): Counter {
    const known = counters.get(caller);
    if (known !== undefined) return known;
    const desk = setup.deskOf(caller);
    const modern = createMcpHandler(() => desk.build(), {
      legacy: 'reject',
      maxSubscriptions: serverLimits.subscriptions,
      maxRequestBodySize: serverLimits.requestBytes,
      onerror: error => setup.log.debug('mcp.http', () => ({ error: error.message })),
      ...(desk.bus && { bus: desk.bus }),
    });
    setup.onHandler?.(modern);
    const counter = {
      modern,
      serveModern: toNodeHandler(modern),
      sessions: new LegacySessions(() => desk.build()),
      open: 0,
    };
    counters.set(caller, counter);
    return counter;
  }

  async function closeCounter(caller: Caller, counter: Counter): Promise<void> {
    counters.delete(caller);
    counter.sessions.endAll();
    await counter.modern.close();
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuseRequest(request, setup.hostnames);
    if (refusal !== undefined) return refuse(response, refusal);
    const admitted = await setup.admit(request);
    if ('status' in admitted) return refuse(response, admitted);
    const counter = counterOf(admitted.caller);
    if (counter.open >= serverLimits.openRequests) return refuse(response, tooManyOpen);
    counter.open += 1;
    response.once('close', () => {
      counter.open -= 1;
    });
    const read = request.method === 'POST' ? await readJson(request) : { body: undefined };
    if ('status' in read) return refuse(response, read);
    const { body } = read;
    const route = classifyInboundRequest({
      httpMethod: request.method ?? 'GET',
      ...headerAs('protocolVersionHeader', request.headers['mcp-protocol-version']),
      ...headerAs('mcpMethodHeader', request.headers['mcp-method']),
      ...headerAs('mcpNameHeader', request.headers['mcp-name']),
      body,
    });
    if (route.kind !== 'legacy') {
      // The adapter's own type of a request does not know that an optional member may be undefined.
      return counter.serveModern(request as Parameters<typeof counter.serveModern>[0], response, body);
    }
    const refused = await counter.sessions.serve({ request, response }, body);
    if (refused !== undefined) refuse(response, refused);
  }

  const timeouts = {
    headersTimeout: serverLimits.headMs,
    requestTimeout: serverLimits.requestMs,
    connectionsCheckingInterval: serverLimits.slowSweepMs,
  };
  const strangers = new Strangers();
  const server = createServer(timeouts, (request, response) => {
    strangers.speak(request.socket);
    serve(request, response).catch((error: unknown) => {
      setup.log.error('mcp.http', { error: error instanceof Error ? error.message : String(error) });
      if (response.headersSent) response.destroy();
      else refuse(response, { status: 500, message: 'A fault of Vigie itself; see its log.' });
    });
  });
  server.maxConnections = serverLimits.connections;
  server.on('connection', socket => strangers.arrive(socket));
  async function sweepCounters(): Promise<void> {
    for (const [caller, counter] of counters) {
      if (await setup.stillAdmitted(caller)) counter.sessions.endIdle(Date.now());
      else await closeCounter(caller, counter);
    }
  }
  const sweep = setInterval(() => {
    sweepCounters().catch((error: unknown) => setup.log.error('mcp.http', { error: String(error) }));
  }, serverLimits.sweepMs);
  sweep.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(setup.port, setup.host, resolve);
  });

  return {
    url: urlOf(server.address() as AddressInfo),
    async close() {
      clearInterval(sweep);
      await Promise.all([...counters].map(entry => closeCounter(...entry)));
      await new Promise(resolve => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

/** One client that keeps everything open must not take the place of the others. */
const tooManyOpen: Refusal = {
  status: 503,
  message: `This token has ${serverLimits.openRequests} requests open; end one first.`,
  headers: { 'retry-after': '60' },
};

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}${mcpPath}`;
}

function headerAs<Name extends string>(
  name: Name,
  value: string | string[] | undefined,
): { [key in Name]?: string } {
  return typeof value === 'string' ? ({ [name]: value } as { [key in Name]: string }) : {};
}

/** Ends a request with a JSON-RPC error, which is what clients of this protocol show. */
function refuse(response: ServerResponse, { status, message, headers }: Refusal): void {
  // What was not read yet is not waited for.
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }));
}

async function readJson(request: IncomingMessage): Promise<{ body: unknown } | Refusal> {
  const chunks: Buffer[] = [];
  const meter = new JsonMeter();
  let bytes = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    bytes += part.byteLength;
    if (bytes > serverLimits.requestBytes) {
      return { status: 413, message: `A request may have ${serverLimits.requestBytes} bytes.` };
    }
    const more = meter.feed(part);
    if (more !== undefined) return { status: 413, message: `A request may not have ${more}.` };
    chunks.push(part);
  }
  try {
    return { body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown };
  } catch {
    return { status: 400, message: 'The body is not JSON.' };
  }
}
