import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Sender, TriggersConfig } from '../../config/triggers-config.ts';
import { VigieError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { systemCode } from '../../core/system-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { deliveryId, faultOfSignature, holdsBearer, secretOf } from './prove-sender.ts';
import { parseBody, readBytes } from './read-body.ts';
import { type Refusal, refuseRequest } from './refusal.ts';
import type { Taken, Tally } from './tally.ts';

// Where alerts and webhooks come in. An answer of 200 says that what came of it is on disk; whoever gets another, or none,
// sends it again, and what was started meanwhile starts no second time.

/** Senders are a handful; each keeps a connection or two. */
const mostConnections = 64;
/** Of a request's head and of all of it: a megabyte from across the world. */
const headMs = 5_000;
const requestMs = 15_000;
const slowSweepMs = 1_000;
/** Deliveries that wait for those before them: each takes milliseconds, and a thousand alerts a few seconds. */
const mostWaiting = 20;
/** Over that many proofs that do not fit, a minute, the answer is 429. The right one is taken in any case. */
const mostWrong = 10;
const minuteMs = 60_000;
/** Deliveries of one sender a minute: Alertmanager tells of each of a thousand groups every five minutes. */
const mostDeliveries = 600;
/** When a sender that is refused for now tries again. */
const soon = { 'retry-after': '10' };
/** Of what was held in a storm, which lasts ten minutes, or refused for now: a sender that tries five times over that is heard. */
const afterWhile = { 'retry-after': '120' };

/** What came in and is proven. */
export interface Incoming {
  sender: Sender;
  kind: 'alerts' | 'webhook';
  payload: Json;
  /** As its sender names it. */
  id: string | undefined;
}

/** A listener that is open. */
export interface TriggerListener {
  /** http://HOST:PORT */
  url: string;
  close(): Promise<void>;
}

/** Opens the listener. @throws VigieError INVALID_CONFIG: the address cannot be listened on; SECRET: a sender's cannot be read */
export async function listenForTriggers(setup: {
  listen: NonNullable<TriggersConfig['listen']>;
  /** Who may send, as vigie.yaml says now: who was taken out of it sends nothing any more. */
  config(): Promise<TriggersConfig>;
  env: NodeJS.ProcessEnv;
  /** What is told of is done, and on disk, when it resolves. */
  take(incoming: Incoming): Promise<Taken>;
  now(): number;
  log: Logger;
}): Promise<TriggerListener> {
  const { listen, env, log } = setup;
  const { alerts, webhooks } = await setup.config();
  for (const sender of [...alerts, ...webhooks]) await secretOf(sender, env);
  let wrong: number[] = [];
  const delivered = new Map<string, { minute: number; count: number }>();
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  function tooOften({ name }: Sender, kind: Incoming['kind']): boolean {
    const minute = Math.floor(setup.now() / minuteMs);
    const key = `${kind} ${name}`;
    const before = delivered.get(key);
    const count = before?.minute === minute ? before.count + 1 : 1;
    delivered.set(key, { minute, count });
    return count > mostDeliveries;
  }

  /** One after another: what a playbook's expressions may take is counted for one delivery at a time. */
  async function inTurn(incoming: Incoming): Promise<Taken | Refusal> {
    if (waiting >= mostWaiting)
      return { status: 503, message: 'Too much waits already; send it again.', headers: soon };
    waiting += 1;
    const taken = last.then(() => setup.take(incoming));
    last = taken.catch(() => {});
    try {
      return await taken;
    } finally {
      waiting -= 1;
    }
  }

  function unproven(sender: Sender, why: string): Refusal {
    const now = setup.now();
    wrong = wrong.filter(at => now - at < minuteMs);
    if (wrong.length >= mostWrong)
      return { status: 429, message: 'Too many wrong proofs.', headers: { 'retry-after': '60' } };
    wrong.push(now);
    log.warn('triggers.unproven', { sender: sender.name, why, inTheLastMinute: wrong.length });
    return { status: 401, message: `${why}.`, headers: { 'www-authenticate': 'Bearer' } };
  }

  async function serve(request: IncomingMessage): Promise<Tally | Refusal> {
    const config = await setup.config();
    const refused = refuseRequest(request, config.hostnames);
    if (refused !== undefined) return refused;
    const found = senderAt(config, request.url ?? '');
    if (found === undefined) return { status: 404, message: 'No sender of vigie.yaml has this path.' };
    const { sender, kind } = found;
    const secret = await secretOf(sender, env);
    // Who holds no token is not read from.
    if (sender.proof === 'bearer' && !holdsBearer(request.headers, secret))
      return unproven(sender, 'The token does not fit');
    const body = await readBytes(request);
    if ('status' in body) return body;
    const fault =
      sender.proof === 'hmac'
        ? faultOfSignature(request.headers, { body, secret, now: setup.now() })
        : undefined;
    if (fault !== undefined) return unproven(sender, `The signature does not count: ${fault}`);
    if (tooOften(sender, kind))
      return { status: 503, message: `Over ${mostDeliveries} deliveries a minute.`, headers: soon };
    const parsed = parseBody(body);
    if ('status' in parsed) return parsed;
    const id = deliveryId(request.headers);
    const taken = await inTurn({ sender, kind, payload: parsed.value, id });
    // Alertmanager tells again of what still fires; any other sender only of what was not taken.
    if ('status' in taken) return taken;
    return taken.again === undefined
      ? taken.tally
      : { status: 503, message: `${taken.again}; send it again.`, headers: afterWhile };
  }

  const timeouts = {
    headersTimeout: headMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: slowSweepMs,
  };
  const server = createServer(timeouts, (request, response) => {
    serve(request).then(
      answered => answer(response, answered),
      (error: unknown) => {
        // Who broke off has gone, and nothing was begun.
        if (request.destroyed && !request.complete) return;
        answer(response, refusalOf(error, log));
      },
    );
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: unknown) => reject(notListening(listen, error)));
    server.listen(listen.port, listen.host, resolve);
  });
  const { address, family, port } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    async close() {
      const closed = new Promise(resolve => {
        server.close(resolve);
      });
      server.closeIdleConnections();
      // What was taken in is answered for.
      await last;
      server.closeAllConnections();
      await closed;
    },
  };
}

function senderAt(
  { alerts, webhooks }: TriggersConfig,
  url: string,
): { sender: Sender; kind: Incoming['kind'] } | undefined {
  const [, place, name] = /^\/(alerts|hooks)\/([a-z0-9-]{1,63})$/.exec(url) ?? [];
  const sender = (place === 'alerts' ? alerts : webhooks).find(each => each.name === name);
  return sender === undefined ? undefined : { sender, kind: place === 'alerts' ? 'alerts' : 'webhook' };
}

function answer(response: ServerResponse, answered: Tally | Refusal): void {
  if ('status' in answered) {
    const { status, message, headers } = answered;
    // What was not read yet is not waited for.
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
    response.end(`${JSON.stringify({ error: message })}\n`);
    return;
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(answered)}\n`);
}

/** What the sender can mend is its own; anything else passes, or is mended here, and is sent again until then. */
function refusalOf(error: unknown, log: Logger): Refusal {
  if (error instanceof VigieError && error.code === 'INVALID_INPUT')
    return { status: 400, message: error.message };
  if (error instanceof VigieError && error.code === 'TOO_LARGE')
    return { status: 413, message: error.message };
  if (error instanceof VigieError) log.warn('triggers.listener', { code: error.code, why: error.message });
  else log.error('triggers.listener', { error: error instanceof Error ? error.stack : String(error) });
  return { status: 503, message: 'Vigie cannot keep it now; send it again.', headers: soon };
}

function notListening({ host, port }: { host: string; port: number }, cause: unknown): VigieError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new VigieError('INVALID_CONFIG', `Triggers cannot be listened for on ${host}:${port}: ${why}.`, {
    hint: 'Name a free address under triggers.listen in vigie.yaml.',
    details: { reason: systemCode(cause) ?? '' },
    cause,
  });
}
