import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { isInitializeRequest, type McpServer, type Server } from '@modelcontextprotocol/server';
import { serverLimits } from './limits.ts';
import { ReplayLog } from './replay-log.ts';
import type { Refusal } from './request-guards.ts';

interface Session {
  transport: NodeStreamableHTTPServerTransport;
  server: Server | McpServer;
  lastUsed: number;
  /** Responses being written, an open event stream among them. */
  busy: number;
}

/**
 * The sessions of one caller in the eras before 2026-07-28, whose clients are asked and told things between their
 * requests. Bounded: a new one over the limit takes the place of the longest unused, and one that nobody uses ends.
 */
export class LegacySessions {
  readonly #build: () => Server | McpServer;
  readonly #sessions = new Map<string, Session>();

  constructor(build: () => Server | McpServer) {
    this.#build = build;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Serves a request of these eras, or says why not. `body` is the parsed body; undefined for GET and DELETE. */
  async serve(
    exchange: { request: IncomingMessage; response: ServerResponse },
    body: unknown,
  ): Promise<Refusal | undefined> {
    const { request, response } = exchange;
    const id = request.headers['mcp-session-id'];
    let session: Session | undefined;
    if (typeof id === 'string') {
      session = this.#sessions.get(id);
      if (session === undefined)
        return { status: 404, message: 'There is no such session; initialize again.' };
    } else if (isInitializeRequest(body)) {
      if (!this.#makeRoom()) {
        return {
          status: 503,
          message: 'Every session is in use; end one first.',
          headers: { 'retry-after': '60' },
        };
      }
      session = await this.#open();
    } else {
      return { status: 400, message: 'A session is needed; initialize first.' };
    }
    await this.#use(session, response, () => session.transport.handleRequest(request, response, body));
    return undefined;
  }

  async #use(session: Session, response: ServerResponse, handle: () => Promise<void>): Promise<void> {
    session.busy += 1;
    session.lastUsed = Date.now();
    response.once('close', () => {
      session.busy -= 1;
      session.lastUsed = Date.now();
    });
    await handle();
  }

  async #open(): Promise<Session> {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new ReplayLog(),
      retryInterval: serverLimits.retryMs,
      onsessioninitialized: id => void this.#sessions.set(id, session),
    });
    const server = this.#build();
    const session: Session = { transport, server, lastUsed: Date.now(), busy: 0 };
    transport.onclose = () => void (transport.sessionId && this.#sessions.delete(transport.sessionId));
    await server.connect(transport);
    return session;
  }

  #makeRoom(): boolean {
    if (this.#sessions.size < serverLimits.sessions) return true;
    const unused = [...this.#sessions].filter(([, session]) => session.busy === 0);
    const oldest = unused.sort(([, one], [, other]) => one.lastUsed - other.lastUsed)[0];
    if (oldest === undefined) return false;
    this.#end(...oldest);
    return true;
  }

  /** Ends the sessions that nobody has used for `sessionIdleMs`. */
  endIdle(now: number): void {
    for (const [id, session] of this.#sessions) {
      if (session.busy === 0 && now - session.lastUsed > serverLimits.sessionIdleMs) this.#end(id, session);
    }
  }

  endAll(): void {
    for (const [id, session] of this.#sessions) this.#end(id, session);
  }

  #end(id: string, session: Session): void {
    this.#sessions.delete(id);
    // Closing tells the session's calls to stop; a client that is gone is no fault.
    void session.server.close().catch(() => {});
  }
}
