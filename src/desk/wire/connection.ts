import { connect, type Socket } from 'node:net';
import { type ErrorCode, errorCatalogue, VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { systemCode } from '../../core/system-error.ts';
import { asStored } from '../../core/trusted-text.ts';
import type { Doing } from '../desk.ts';
import { answerChallenge } from './caller-proof.ts';
import { Lines } from './lines.ts';
import {
  type Greeting,
  protocolMismatch,
  protocolVersion,
  type Welcomed,
  type WireError,
  wireLimits,
} from './protocol.ts';

// The caller's side. What comes back is taken as the daemon says it: whose socket this is was looked at before
// (trusted-socket.ts), and without a schema a command starts sooner.

interface Waiting {
  doing: Partial<Doing>;
  settle: { resolve(result: unknown): void; reject(error: VigieError): void };
}

/** A connection to the daemon that has welcomed us. */
export class DeskConnection {
  readonly #socket: Socket;
  readonly #lines = new Lines(wireLimits.frameBytes, { metered: false });
  readonly #waiting = new Map<number, Waiting>();
  readonly #welcome = Promise.withResolvers<Welcomed>();
  readonly #path: string;
  readonly #version: string;
  #next = 1;
  /** Why it is over. */
  #over: VigieError | undefined;
  #theirs = '';
  #welcomed: Welcomed | undefined;

  private constructor(socket: Socket, side: { path: string; version: string }) {
    this.#socket = socket;
    this.#path = side.path;
    this.#version = side.version;
    socket.on('data', this.#read);
    socket.on('error', error => this.#end(unreachable(this.#path, error)));
    socket.on('close', () => this.#end(goneAway(this.#path)));
    // Told by whoever waits for it, if anybody does.
    this.#welcome.promise.catch(() => {});
  }

  /** @throws VigieError DAEMON, CALLER_UNPROVEN */
  static async open(path: string, side: { version: string }): Promise<DeskConnection> {
    const socket = connect({ path });
    const connection = new DeskConnection(socket, { path, ...side });
    socket.setTimeout(wireLimits.greetingMs, () => connection.#end(silent(path)));
    try {
      connection.#welcomed = await connection.#welcome.promise;
      return connection;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      socket.setTimeout(0);
    }
  }

  /** What the daemon takes us for, and what approvals are worth. */
  get welcomed(): Welcomed {
    if (this.#welcomed === undefined) throw goneAway(this.#path);
    return this.#welcomed;
  }

  /** Version of the daemon. */
  get version(): string {
    return this.#theirs;
  }

  /** Asks one thing. The result is what the method of that name answers. @throws VigieError as the daemon does, DAEMON for too much at once */
  async ask<Result>(method: string, asked: { params: JsonObject; doing?: Doing }): Promise<Result> {
    const { params, doing } = asked;
    if (this.#over !== undefined) throw this.#over;
    const id = this.#next++;
    const line = { id, method, params };
    if (Buffer.byteLength(JSON.stringify(line)) > wireLimits.lineBytes) throw tooLarge(this.#path);
    const settle = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { doing: doing ?? {}, settle });
    const cancel = () => this.#write({ cancel: id });
    const leave = () => this.#write({ gone: id });
    this.#write(line);
    if (doing?.signal.aborted === true) cancel();
    doing?.signal.addEventListener('abort', cancel, { once: true });
    doing?.gone?.addEventListener('abort', leave, { once: true });
    try {
      return (await settle.promise) as Result;
    } finally {
      this.#waiting.delete(id);
      doing?.signal.removeEventListener('abort', cancel);
      doing?.gone?.removeEventListener('abort', leave);
    }
  }

  /** Makes an MCP connection of it: the socket is the caller's from then on. @throws VigieError INVALID_INPUT */
  async handOver(params: JsonObject): Promise<Socket> {
    await this.ask('mcp', { params });
    this.#socket.pause();
    this.#socket.removeAllListeners('data');
    const rest = this.#lines.rest();
    if (rest.length > 0) this.#socket.unshift(rest);
    return this.#socket;
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  readonly #read = (chunk: Buffer): void => {
    try {
      for (const line of this.#lines.feed(chunk)) this.#take(JSON.parse(line));
    } catch (error) {
      const why = error instanceof VigieError ? error.message : 'it sends what cannot be read';
      this.#end(
        new VigieError('DAEMON', `${this.#path}: ${why}`, { details: { path: this.#path }, cause: error }),
      );
      this.#socket.destroy();
    }
  };

  #take(line: unknown): void {
    if (!isObject(line)) return;
    const { id } = line;
    if (typeof id !== 'number') {
      this.#takeGreeting(line);
      return;
    }
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const { doing, settle } = waiting;
    if (typeof line['progress'] === 'string') doing.progress?.(line['progress']);
    else if (typeof line['stream'] === 'string') doing.stream?.(line['stream']);
    else if ('error' in line) settle.reject(fromWireError(line['error']));
    else settle.resolve(line['result']);
  }

  #takeGreeting(line: JsonObject): void {
    if ('error' in line) this.#end(fromWireError(line['error']));
    else if ('welcome' in line) this.#welcome.resolve(line['welcome'] as unknown as Welcomed);
    else if ('hello' in line) void this.#greet(line as unknown as Greeting);
  }

  async #greet({ hello }: Greeting): Promise<void> {
    const ours = { protocol: protocolVersion, version: this.#version };
    try {
      const mismatch = protocolMismatch(ours, hello);
      if (mismatch !== undefined) throw mismatch;
      this.#theirs = hello.version;
      await answerChallenge(this.#path, hello.challenge);
      this.#write({ hello: ours });
    } catch (error) {
      if (!(error instanceof VigieError)) throw error;
      this.#end(error);
    }
  }

  #write(line: object): void {
    if (this.#over === undefined && this.#socket.writable) this.#socket.write(`${JSON.stringify(line)}\n`);
  }

  #end(why: VigieError): void {
    if (this.#over !== undefined) return;
    this.#over = why;
    this.#welcome.reject(why);
    for (const { settle } of this.#waiting.values()) settle.reject(why);
  }
}

function fromWireError(value: unknown): VigieError {
  const { code, message, hint, details, retryable } = value as WireError;
  const step = hint === undefined ? undefined : asStored(hint);
  const known = Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'INTERNAL';
  return new VigieError(known, message, {
    ...(step === undefined ? {} : { hint: step }),
    details,
    retryable,
  });
}

function tooLarge(path: string): VigieError {
  return new VigieError(
    'DAEMON',
    `The daemon behind ${path} is not asked for more than ${wireLimits.lineBytes} bytes at once.`,
    { hint: 'Apply the manifest in parts.', details: { path } },
  );
}

function unreachable(path: string, error: unknown): VigieError {
  return new VigieError(
    'DAEMON',
    `The daemon behind ${path} does not answer (${systemCode(error) ?? 'the connection broke'}).`,
    {
      hint: 'Start it: systemctl start vigie. To work without it, name a configuration of your own: --config FILE',
      details: { path },
      retryable: true,
      cause: error,
    },
  );
}

function goneAway(path: string): VigieError {
  return new VigieError('DAEMON', `The daemon behind ${path} went away before it answered.`, {
    hint: 'See what stands when it is back: vigie changes list',
    details: { path },
    retryable: true,
  });
}

function silent(path: string): VigieError {
  return new VigieError('DAEMON', `The daemon behind ${path} says nothing.`, {
    hint: 'See its log: journalctl -u vigie',
    details: { path },
    retryable: true,
  });
}
