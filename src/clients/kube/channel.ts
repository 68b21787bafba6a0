import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { type ErrorCode, VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { readingError } from '../../http/network-errors.ts';
import type { Answer, AnswerLimit } from './answers.ts';
import { assertWithin, type Bounds } from './bounds.ts';
import {
  errorFromAnswer,
  errorFromRefusal,
  isNotModified,
  isPassing,
  isSuccess,
  isUnauthenticated,
  lookAround,
} from './errors.ts';
import { type Asked, retryAfterSeconds } from './failure.ts';
import type { Gate } from './gates.ts';
import type { Line } from './line.ts';
import { linesOf } from './lines.ts';
import type { ApiPath, Query } from './paths.ts';
import type { Proof, WireRequest } from './transport.ts';
import { collectWarnings } from './warnings.ts';

/** One request of a call, before it has its proof and its place on the line. */
export interface ApiRequest {
  method: WireRequest['method'];
  path: ApiPath;
  query?: Query;
  body?: JsonObject;
  /** Of the body; absent: plain JSON. */
  contentType?: string;
  /** Absent: plain JSON. */
  accept?: string;
  /** The ETag of what is held; the answer may then be "not modified". */
  etag?: string | undefined;
  gate: Gate;
  asked: Asked;
  /** What is asked for is one object, of at most limits.objectBytes; every answer to a change is. */
  oneObject?: true;
  /** Ends this one request, before it is answered and after; absent: only the call's own signal does. */
  signal?: AbortSignal;
  /** How long the head of the answer may take. Absent: limits.requestMs. */
  headMs?: number;
  headers?: Readonly<Record<string, string>>;
}

/** A request to leave HTTP for streams. */
export interface SocketRequest {
  path: ApiPath;
  query: Query;
  protocols: readonly string[];
  gate: Gate;
  asked: Asked;
  /** Until the socket is open. */
  signal: AbortSignal;
}

// A connection that broke may hold the next time; what took too long has used its time.
const brokenOff: ErrorCode[] = ['UNREACHABLE', 'BAD_RESPONSE'];
const backoffMs = 200;
// A server that asks for more than this is down, and the caller may know better what to do.
const longestPauseMs = 10_000;

/** A response whose body is still to be read, and the line it comes over. */
interface Opened {
  response: IncomingMessage;
  line: Line;
}

/** Told every body with objects of the cluster; `sent`: what a caller wants written; `echoed`: the cluster's answer to it. */
export type Seen = (body: JsonObject, origin: 'read' | 'sent' | 'echoed') => void;

/** What one call sends through: the bounds, the call's signal, retries for reads, and what the server warned of. */
export class Channel {
  readonly bounds: Bounds;
  readonly signal: AbortSignal;
  readonly line: () => Promise<Line>;
  readonly #refused: (line: Line) => void;
  /** Whoever parses a body with objects of the cluster shows it here first: secrets are learned from it. */
  readonly seen: Seen;
  readonly #userAgent: string;
  readonly #warnings = new Set<string>();
  #tablePages = 0;
  #serverTime: Date | undefined;

  constructor(input: {
    line: () => Promise<Line>;
    /** Told of a line whose credentials the server does not take, also after they were renewed. */
    refused: (line: Line) => void;
    bounds: Bounds;
    signal: AbortSignal;
    userAgent: string;
    seen: Seen;
  }) {
    this.line = input.line;
    this.#refused = input.refused;
    this.seen = input.seen;
    this.bounds = input.bounds;
    this.signal = input.signal;
    this.#userAgent = input.userAgent;
  }

  /** Counts the pages of tables that this call has asked for, with this one. */
  countTablePage(): number {
    return ++this.#tablePages;
  }

  warnings(): string[] {
    return [...this.#warnings];
  }

  serverTime(): Date | undefined {
    return this.#serverTime;
  }

  /** Asks until the server answers, at most limits.readAttempts times. */
  async read(request: ApiRequest): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      let pauseMs = backoffMs * 2 ** attempt * (0.5 + Math.random());
      try {
        const answer = await this.#exchange(request, 'read');
        if (isSuccess(answer.status) || isNotModified(answer.status)) return answer;
        const failure = errorFromAnswer(answer, request.asked);
        if (attempt === limits.readAttempts || !isPassing(answer.status)) throw failure;
        const asked = retryAfterSeconds(answer.body, answer.headers['retry-after']);
        if (asked !== undefined) pauseMs = Math.min(Math.max(pauseMs, asked * 1_000), longestPauseMs);
      } catch (error) {
        const again = error instanceof VigieError && brokenOff.includes(error.code) && error.retryable;
        if (!again || attempt === limits.readAttempts) throw error;
      }
      await this.pause(pauseMs);
    }
  }

  /** Sends once. `purpose` `change` covers dry runs too: what may not be changed may not be tried either. */
  async change(request: ApiRequest): Promise<Answer> {
    const answer = await this.#exchange(request, 'change');
    if (isSuccess(answer.status)) return answer;
    throw errorFromAnswer(answer, request.asked);
  }

  /** Opens a response that stays open; the caller reads it and must destroy it. */
  async stream(request: ApiRequest): Promise<IncomingMessage> {
    const opened = await this.#send(request, 'stream');
    if (isSuccess(opened.response.statusCode ?? 0)) return opened.response;
    throw errorFromAnswer(await this.#finish(opened, { purpose: 'read' }), request.asked);
  }

  /** What a Service behind the API server answers, whatever its status; the caller reads it and must end it. */
  async behind(request: ApiRequest): Promise<IncomingMessage> {
    const { response } = await this.#send(request, request.method === 'GET' ? 'read' : 'change');
    return response;
  }

  /** Leaves HTTP for a WebSocket, which lives as long as the caller lets it; whatever it is for is asked for once. */
  async socket(request: SocketRequest): Promise<WebSocket> {
    assertWithin(this.bounds, request.path, 'change');
    const line = await this.line();
    const { openSocket } = await import('./sockets.ts');
    const ask = async () => {
      const proof = await this.#unlessStopped(line.credentials.proof());
      const headers = { 'user-agent': this.#userAgent };
      return openSocket(line.transport.socketOptions({ ...request, headers, proof }), request);
    };
    let opened = await ask();
    if ('refusal' in opened && isUnauthenticated(opened.refusal.status) && line.credentials.renew())
      opened = await ask();
    if ('socket' in opened) return opened.socket;
    if (isUnauthenticated(opened.refusal.status)) this.#refused(line);
    throw errorFromRefusal(opened.refusal, request.asked);
  }

  /**
   * The lines of an open response. `idleMs`: how long it may stay silent; absent: for ever (a followed log).
   * @throws VigieError BAD_RESPONSE, TIMEOUT, CANCELLED
   */
  async *lines(
    response: IncomingMessage,
    { maxBytes, idleMs }: { maxBytes: number; idleMs?: number },
  ): AsyncGenerator<{ text: string; cut: boolean }> {
    const { server } = await this.line();
    const silent = () =>
      response.destroy(new VigieError('TIMEOUT', `${server} sent nothing for ${(idleMs ?? 0) / 1000} s`));
    const timer = idleMs === undefined ? undefined : setTimeout(silent, idleMs);
    response.on('data', () => timer?.refresh());
    try {
      yield* linesOf(response, maxBytes);
    } catch (error) {
      throw readingError(error, { server, signal: this.signal, mayHaveArrived: false });
    } finally {
      clearTimeout(timer);
      response.destroy();
    }
  }

  /** @throws VigieError CANCELLED */
  async pause(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.signal });
    } catch {
      throw new VigieError('CANCELLED', 'The call was stopped while it waited for the cluster');
    }
  }

  async #exchange(request: ApiRequest, purpose: 'read' | 'change'): Promise<Answer> {
    if (request.body !== undefined) this.seen(request.body, 'sent');
    const one = request.oneObject === true || purpose === 'change';
    const { asked } = request;
    const limit = { bytes: limits.objectBytes, from: asked.what, hint: lookAround(asked) };
    return this.#finish(await this.#send(request, purpose), { purpose, ...(one ? { limit } : {}) });
  }

  #finish(
    { response, line }: Opened,
    { purpose, limit }: { purpose: 'read' | 'change'; limit?: AnswerLimit },
  ): Promise<Answer> {
    const mayHaveArrived = purpose === 'change';
    return line.transport.readAnswer(response, { signal: this.signal, mayHaveArrived, limit });
  }

  /** A refused proof is renewed once: nothing was done by a request that the server did not let in. */
  async #send(request: ApiRequest, lane: WireRequest['lane']): Promise<Opened> {
    assertWithin(this.bounds, request.path, lane === 'change' ? 'change' : 'read');
    const line = await this.line();
    const { transport, credentials } = line;
    const ask = async () => {
      const proof = await this.#unlessStopped(credentials.proof());
      const response = await transport.send(this.#wire(request, { lane, proof }));
      this.#note(response);
      return response;
    };
    let response = await ask();
    if (isUnauthenticated(response.statusCode ?? 0) && credentials.renew()) {
      response.destroy();
      response = await ask();
    }
    if (isUnauthenticated(response.statusCode ?? 0)) this.#refused(line);
    return { response, line };
  }

  /** Work that calls share, such as a login, goes on without a call that was stopped. @throws VigieError CANCELLED */
  async #unlessStopped<Result>(work: Promise<Result>): Promise<Result> {
    const ended = new AbortController();
    const stopped = once(this.signal, 'abort', { signal: ended.signal }).then(
      () => {
        throw new VigieError('CANCELLED', 'The call was stopped while it waited for credentials');
      },
      // Not stopped, and no longer of interest.
      () => work,
    );
    try {
      if (this.signal.aborted) throw new VigieError('CANCELLED', 'The call was stopped before it was sent');
      return await Promise.race([work, stopped]);
    } finally {
      ended.abort();
      work.catch(() => {});
      stopped.catch(() => {});
    }
  }

  #wire(request: ApiRequest, { proof, lane }: { proof: Proof; lane: WireRequest['lane'] }): WireRequest {
    const { method, path, query = [], body, gate } = request;
    return {
      method,
      path,
      query,
      gate,
      body: body === undefined ? undefined : JSON.stringify(body),
      ...(request.headMs === undefined ? {} : { headMs: request.headMs }),
      headers: {
        ...request.headers,
        accept: request.accept ?? 'application/json',
        // Lines of a stream must arrive as they come; everything else shrinks to a tenth.
        'accept-encoding': lane === 'stream' ? 'identity' : 'gzip',
        'user-agent': this.#userAgent,
        ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        ...(request.etag === undefined ? {} : { 'if-none-match': request.etag }),
      },
      signal: request.signal === undefined ? this.signal : AbortSignal.any([this.signal, request.signal]),
      proof,
      lane,
    };
  }

  #note(response: IncomingMessage): void {
    const { date, warning } = response.headers;
    const at = date === undefined ? Number.NaN : Date.parse(date);
    if (!Number.isNaN(at)) this.#serverTime = new Date(at);
    collectWarnings(warning, this.#warnings);
  }
}
