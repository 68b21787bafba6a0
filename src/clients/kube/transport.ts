import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ConnectionOptions, SecureContextOptions } from 'node:tls';
import { VigieError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { trusted } from '../../core/trusted-text.ts';
import { timeRequest, tooSlow } from '../../http/line-timing.ts';
import { proxiesAround } from '../../http/loopback.ts';
import { networkError, readingError } from '../../http/network-errors.ts';
import { type Answer, type AnswerLimit, readBody } from './answers.ts';
import type { Gate } from './gates.ts';
import type { ApiPath, Query } from './paths.ts';

/** How the server is reached and recognised. */
export interface ServerSettings {
  /** With the base path, where the API does not lie at the root. */
  url: URL;
  ca: string | undefined;
  /** The name its certificate must carry, where that is not the URL's host. */
  tlsServerName: string | undefined;
  /** True: nobody checks the certificate. */
  insecure: boolean;
  /** Undefined: what the environment's HTTPS_PROXY and NO_PROXY say. */
  proxyUrl: string | undefined;
}

/** What proves who we are, for one request. */
export interface Proof {
  headers: Record<string, string | string[]>;
  cert?: string;
  key?: string;
}

/** A request to the API. There is no way to name another host: only a path and a query. */
export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: ApiPath;
  query: Query;
  headers: Record<string, string>;
  body: string | undefined;
  proof: Proof;
  /** Asked right before the socket, about the final URL. */
  gate: Gate;
  signal: AbortSignal;
  /** A stream stays open on a connection of its own; a change never shares one. */
  lane: 'read' | 'stream' | 'change';
  /** Absent: limits.requestMs. */
  headMs?: number;
}

type Agent = HttpAgent | HttpsAgent;

/** What to do about a certificate that was not accepted. */
export const certificateHint = trusted`Check certificate-authority and tls-server-name of the cluster in the kubeconfig.`;

// Server and client both encode lists on few cores: more connections gained nothing in measurements.
const pooledSockets = 8;
// Followed logs and watches hold theirs; several calls may each follow limits.logPods.
const streamSockets = 100;

/** HTTP to one API server. Follows no redirect, trusts no default of the process, and sends nothing twice. */
export class KubeTransport {
  readonly #server: ServerSettings;
  readonly #base: string;
  readonly #lock: Gate | undefined;
  readonly #pool: Agent;
  readonly #fresh: Agent;

  /** `lock` is asked about every request besides its own gate: read-only mode is one. */
  constructor(server: ServerSettings, lock?: Gate) {
    this.#server = server;
    this.#base = server.url.pathname.replace(/\/+$/, '');
    this.#lock = lock;
    this.#pool = this.#agent({ keepAlive: true, maxSockets: pooledSockets });
    // A kept connection may be closed by the server while a write is on its way; then nobody knows whether it arrived.
    this.#fresh = this.#agent({ keepAlive: false, maxSockets: streamSockets });
  }

  #agent(settings: { keepAlive: boolean; maxSockets: number }): Agent {
    const { url, proxyUrl } = this.#server;
    const proxyEnv = proxyUrl === undefined ? proxiesAround(url) : proxiesFor(proxyUrl);
    return url.protocol === 'https:'
      ? new HttpsAgent({ ...settings, proxyEnv })
      : new HttpAgent({ ...settings, proxyEnv });
  }

  /** Resolves with the response's head; its body is still to be read. @throws VigieError UNREACHABLE, TIMEOUT, CANCELLED, BAD_RESPONSE */
  send(request: WireRequest): Promise<IncomingMessage> {
    const { url } = this.#server;
    const options: RequestOptions = {
      ...this.#route(request),
      method: request.method,
      path: this.#finalTarget(request),
      agent: request.lane === 'read' ? this.#pool : this.#fresh,
      signal: request.signal,
      headers: {
        ...request.headers,
        ...request.proof.headers,
        ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = openRequest(() =>
        url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options),
      );
      const line = timeRequest(outgoing, { server: url.origin, headMs: request.headMs ?? limits.requestMs });
      outgoing.once('response', response => {
        line.settle();
        resolve(response);
      });
      outgoing.once('upgrade', (_response, socket) => {
        socket.destroy();
        line.settle();
        reject(new VigieError('BAD_RESPONSE', `${url.origin} changed the protocol unasked`));
      });
      outgoing.on('error', error => {
        line.settle();
        reject(
          networkError(error, {
            server: url.origin,
            signal: request.signal,
            mayHaveArrived: line.connected() && request.lane === 'change',
            certificateHint,
          }),
        );
      });
      outgoing.end(request.body);
    });
  }

  /** What opens a WebSocket at the same server, with the same proof, after the same look at its final URL. */
  socketOptions(request: Omit<WireRequest, 'method' | 'body' | 'lane'>): {
    url: URL;
    options: RequestOptions;
  } {
    const { url } = this.#server;
    const target = this.#finalTarget({ ...request, method: 'GET', body: undefined });
    return {
      url: new URL(`${url.origin.replace(/^http/, 'ws')}${target}`),
      options: {
        ...this.#route(request),
        agent: this.#fresh,
        headers: { ...request.headers, ...request.proof.headers },
      },
    };
  }

  /** Where to, and how the server is recognised there. */
  #route({ proof }: { proof: Proof }): RequestOptions & SecureContextOptions & ConnectionOptions {
    const { url, insecure, ca, tlsServerName } = this.#server;
    return {
      host: hostOf(url),
      port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
      maxHeaderSize: limits.headerBytes,
      // Said, because NODE_TLS_REJECT_UNAUTHORIZED=0 changes what is not said.
      rejectUnauthorized: !insecure,
      ...(ca === undefined ? {} : { ca }),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
      ...(proof.cert === undefined ? {} : { cert: proof.cert }),
      ...(proof.key === undefined ? {} : { key: proof.key }),
    };
  }

  /** The path and query as they leave, after one last look at what a URL parser makes of them. */
  #finalTarget(request: Omit<WireRequest, 'headers' | 'proof' | 'signal' | 'lane'>): string {
    const built = `${this.#base}${request.path.text}`;
    const search = searchOf(request.query);
    const target = search === '' ? built : `${built}?${search}`;
    const { url } = this.#server;
    const final = new URL(`${url.origin}${target}`);
    const meant = final.origin === url.origin && final.pathname === built && final.hash === '';
    if (!meant || final.search !== (search === '' ? '' : `?${search}`)) {
      throw new VigieError(
        'INTERNAL',
        `The path ${JSON.stringify(request.path.text)} would have reached another one`,
      );
    }
    const leaving = {
      method: request.method,
      pathname: final.pathname.slice(this.#base.length),
      query: final.searchParams,
      body: request.body,
    };
    request.gate(leaving);
    this.#lock?.(leaving);
    return target;
  }

  /** Reads a response to its end, within limits.requestMs; no `limit`: limits.responseBytes. @throws VigieError BAD_RESPONSE, TIMEOUT, CANCELLED */
  async readAnswer(
    response: IncomingMessage,
    at: { signal: AbortSignal; mayHaveArrived: boolean; limit?: AnswerLimit | undefined },
  ): Promise<Answer> {
    const server = this.#server.url.origin;
    const timer = setTimeout(
      () =>
        response.destroy(
          tooSlow(this.#server.url.origin, `did not finish its answer within ${limits.requestMs / 1000} s`),
        ),
      limits.requestMs,
    );
    try {
      const body = await readBody(response, at.limit ?? { bytes: limits.responseBytes, from: server });
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    } catch (error) {
      throw readingError(error, { server, ...at });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#pool.destroy();
    this.#fresh.destroy();
  }
}

function proxiesFor(proxyUrl: string): NodeJS.ProcessEnv {
  return { HTTPS_PROXY: proxyUrl, https_proxy: proxyUrl, HTTP_PROXY: proxyUrl, http_proxy: proxyUrl };
}

function searchOf(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of query) parameters.append(name, value);
  return parameters.toString();
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** A token, a header or a certificate that cannot be sent is the kubeconfig's fault and not ours. @throws VigieError KUBECONFIG */
export function openRequest<Opened>(open: () => Opened): Opened {
  try {
    return open();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'ERR_INVALID_CHAR' && !code.startsWith('ERR_OSSL')) throw error;
    // What Node says may quote the value.
    throw new VigieError('KUBECONFIG', `The credentials of the kubeconfig cannot be sent (${code})`, {
      hint: 'A token must be one word without line breaks, a certificate and its key PEM that belong together.',
    });
  }
}
