import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { VigieError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest } from './endpoint.ts';
import { pathOf, searchOf } from './endpoint-path.ts';
import { timeRequest } from './line-timing.ts';
import { isLoopback, proxiesAround } from './loopback.ts';
import { networkError } from './network-errors.ts';
import { receive } from './receive.ts';

/** A system at a URL of its own. */
export interface DirectSettings {
  /** With the path below which its API lies; without user, query and fragment. */
  url: URL;
  userAgent: string;
  /** Whose part of the system it is: a change for one is none for another. Absent: it is not divided. */
  tenant?: string;
  /** The headers that prove who we are, made anew for each request: a token in a file is renewed by others. */
  proof(): Promise<Readonly<Record<string, string>>>;
  /** The authorities that count, PEM, read with the first request. Absent: those of Node.js. */
  ca?: () => Promise<string>;
}

// One call asks a handful of things at once; a system that is busy gains nothing from more.
const pooledSockets = 8;

/** Trusts no default of the process, and sends no write twice. Nothing is opened before the first request. */
export class DirectEndpoint implements Endpoint {
  readonly shown: string;
  readonly #settings: DirectSettings;
  readonly #base: string;
  #agents: Promise<Record<'pool' | 'fresh', HttpAgent | HttpsAgent>> | undefined;

  constructor(settings: DirectSettings) {
    this.#settings = settings;
    this.#base = settings.url.pathname.replace(/\/+$/, '');
    const tenant = settings.tenant === undefined ? '' : ` (tenant ${settings.tenant})`;
    this.shown = `${settings.url.origin}${this.#base}${tenant}`;
  }

  async send(request: EndpointRequest): Promise<EndpointAnswer> {
    const deadlineAt = performance.now() + request.deadlineMs;
    const target = this.#targetOf(request);
    const [proof, agents] = await Promise.all([this.#settings.proof(), this.#open()]);
    const writes = request.method !== 'GET';
    const ask = () =>
      this.#exchange(request, {
        target,
        proof,
        // A kept connection may be closed by the server while a write is on its way; then nobody knows whether it arrived.
        agent: writes ? agents.fresh : agents.pool,
      });
    // What was asked over a kept connection that broke off is asked once more.
    const response = await ask().catch((error: unknown) => {
      if (writes || !(error instanceof VigieError) || !error.retryable || error.code !== 'UNREACHABLE')
        throw error;
      return ask();
    });
    return receive(response, {
      server: this.shown,
      signal: request.signal,
      deadlineAt,
      deadlineMs: request.deadlineMs,
      maxBytes: request.maxBytes ?? limits.responseBytes,
      mayHaveArrived: writes,
    });
  }

  #exchange(
    asked: EndpointRequest,
    by: { target: string; proof: Readonly<Record<string, string>>; agent: HttpAgent | HttpsAgent },
  ): Promise<IncomingMessage> {
    const { url, userAgent } = this.#settings;
    const { body, method, signal } = asked;
    const options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      path: by.target,
      method,
      agent: by.agent,
      signal,
      maxHeaderSize: limits.headerBytes,
      headers: {
        accept: 'application/json',
        // On this machine it would only cost time.
        'accept-encoding': isLoopback(url) ? 'identity' : 'gzip',
        'user-agent': userAgent,
        ...asked.headers,
        ...(body === undefined
          ? {}
          : { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
        ...by.proof,
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = opened(() =>
        url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options),
      );
      const line = timeRequest(outgoing, { server: this.shown, headMs: asked.deadlineMs });
      outgoing.once('response', response => {
        line.settle();
        resolve(response);
      });
      outgoing.on('error', error => {
        line.settle();
        const mayHaveArrived = method !== 'GET' && line.connected();
        reject(networkError(error, { server: this.shown, signal, mayHaveArrived }));
      });
      outgoing.end(body?.text);
    });
  }

  /** The path and query as they leave, after one last look at what a URL parser makes of them. */
  #targetOf({ path, query = [] }: EndpointRequest): string {
    const built = `${this.#base}${pathOf(path)}`;
    const search = searchOf(query);
    const target = search === '' ? built : `${built}?${search}`;
    const { origin } = this.#settings.url;
    const final = new URL(`${origin}${target}`);
    if (final.origin !== origin || final.pathname !== built || final.hash !== '')
      throw new VigieError('INTERNAL', `The path ${JSON.stringify(built)} would have reached another one`);
    return target;
  }

  #open(): Promise<Record<'pool' | 'fresh', HttpAgent | HttpsAgent>> {
    this.#agents ??= this.#makeAgents();
    // A file of authorities that could not be read may be there for the next request.
    this.#agents.catch(() => {
      this.#agents = undefined;
    });
    return this.#agents;
  }

  async #makeAgents(): Promise<Record<'pool' | 'fresh', HttpAgent | HttpsAgent>> {
    const { url } = this.#settings;
    const ca = await this.#settings.ca?.();
    // Said, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes what is not said.
    const tls = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) };
    const proxyEnv = proxiesAround(url);
    const agentOf = (keep: { keepAlive: boolean }) =>
      url.protocol === 'https:'
        ? new HttpsAgent({ ...keep, ...tls, maxSockets: pooledSockets, proxyEnv })
        : new HttpAgent({ ...keep, maxSockets: pooledSockets, proxyEnv });
    return { pool: agentOf({ keepAlive: true }), fresh: agentOf({ keepAlive: false }) };
  }
}

/** A credential that cannot be sent is at fault, not we; what Node says of it may quote the value. @throws VigieError SECRET */
function opened<Request>(open: () => Request): Request {
  try {
    return open();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_INVALID_CHAR') throw error;
    throw new VigieError('SECRET', 'The credentials of the endpoint cannot be sent', {
      hint: 'A token, a user and a password must be one line each, without control characters.',
    });
  }
}
