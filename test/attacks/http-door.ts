import type { ChildProcess } from 'node:child_process';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { rawRequest } from '../support/raw-request.ts';
import { cpuSeconds, peakMegabytes } from './process-cost.ts';
import { resultOf } from './stdio-door.ts';

/** Slower than any start on a busy machine. */
const startMs = 60_000;

export type HttpAnswer = Awaited<ReturnType<typeof rawRequest>>;

/** A running `vigie serve --http`, as somebody sees it who can send any bytes. */
export class HttpDoor {
  readonly child: ChildProcess;
  readonly url: string;
  /** The token of the first start; empty where there were tokens before. */
  readonly token: string;
  #stderr: string;

  private constructor(
    child: ChildProcess,
    { url, token, stderr }: { url: string; token: string; stderr: string },
  ) {
    this.child = child;
    this.url = url;
    this.token = token;
    this.#stderr = stderr;
    child.stderr?.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-100_000);
    });
  }

  /** Resolves once it listens and, with `first`, has shown the token that a first start makes. */
  static open(child: ChildProcess, { first }: { first: boolean }): Promise<HttpDoor> {
    return new Promise((resolve, reject) => {
      let stderr = '';
      const fail = (): void => {
        clearTimeout(timer);
        reject(new Error(`vigie serve --http did not start: ${stderr.slice(0, 500)}`));
      };
      const timer = setTimeout(fail, startMs);
      child.once('exit', fail);
      child.stdout?.resume();
      child.stderr?.setEncoding('utf8');
      const hear = (text: string): void => {
        stderr += text;
        const url = /listens at (http:\S+)\n/.exec(stderr)?.[1];
        const token = /Token, shown this once: (\S+)\n/.exec(stderr)?.[1];
        if (url === undefined || (first && token === undefined)) return;
        clearTimeout(timer);
        child.off('exit', fail).stderr?.off('data', hear);
        resolve(new HttpDoor(child, { url, token: token ?? '', stderr }));
      };
      child.stderr?.on('data', hear);
    });
  }

  /** The headers of a good request in the name of a token. */
  headers(token = this.token, more: Record<string, string> = {}): Record<string, string> {
    return {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...more,
    };
  }

  /** Sends one request with exactly what is given; absent headers are absent. */
  send(request: Parameters<typeof rawRequest>[1]): Promise<HttpAnswer> {
    return rawRequest(this.url, request);
  }

  /** Opens a session of the era before 2026-07-28, in the name of a token. */
  async session(token = this.token): Promise<HttpSession> {
    const opened = await this.send({ headers: this.headers(token), body: initialize });
    const id = opened.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`no session: ${opened.status} ${opened.text}`);
    return new HttpSession(this, { token, id });
  }

  get lives(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Most memory so far, in megabytes; undefined where the system does not say. */
  get peak(): number | undefined {
    return peakMegabytes(this.child.pid);
  }

  /** Processor time so far, in seconds; undefined where the system does not say. */
  get cpu(): number | undefined {
    return cpuSeconds(this.child.pid);
  }
}

/** The first request of a client. */
export const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'attacker', version: '1' },
  },
});

/** One client's session. */
export class HttpSession {
  readonly id: string;
  readonly #door: HttpDoor;
  readonly #token: string;
  #nextId = 1;

  constructor(door: HttpDoor, { token, id }: { token: string; id: string }) {
    this.#door = door;
    this.#token = token;
    this.id = id;
  }

  /** Headers of a request in this session. */
  get headers(): Record<string, string> {
    return this.#door.headers(this.#token, {
      'mcp-session-id': this.id,
      'mcp-protocol-version': '2025-11-25',
    });
  }

  async send(method: string, params: JsonObject): Promise<HttpAnswer> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, method, params });
    return this.#door.send({ headers: this.headers, body });
  }

  /** Calls a tool; `status` is that of HTTP. */
  async call(
    name: string,
    input: JsonObject,
  ): Promise<{ status: number; text: string; data: JsonObject; bytes: number }> {
    const answer = await this.send('tools/call', { name, arguments: input });
    return { status: answer.status, ...resultOf(messageOf(answer.text)) };
  }
}

/** The JSON-RPC message of an answer, whether it came plain or as the last event of a stream. */
export function messageOf(text: string): JsonObject {
  const events = [...text.matchAll(/^data: (\{.*\})$/gm)];
  try {
    const value: unknown = JSON.parse(events.at(-1)?.[1] ?? text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
