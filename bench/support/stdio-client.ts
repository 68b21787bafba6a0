import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import type { Program } from './install-peers.ts';

// A program that says nothing for so long is not slow but broken.
const answerMs = 120_000;
const endMs = 5_000;

/** An answer with the bytes of its result as they came over the wire. */
export interface Answer {
  result: JsonObject;
  bytes: number;
  ms: number;
}

/** Speaks lines of JSON-RPC with a program, with as little between the clock and the pipe as there can be. */
export class StdioClient {
  readonly #child: ChildProcess;
  readonly #started = performance.now();
  readonly #waiting = new Map<number, { take(line: string): void; fail(error: Error): void }>();
  #calls = 0;
  #errors = '';

  constructor(program: Program, env: Readonly<Record<string, string>>) {
    const [command = '', ...args] = program.command;
    this.#child = spawn(command, args, {
      env: { ...env, ...program.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors = `${this.#errors}${chunk.toString('utf8')}`.slice(-2_000);
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.once('exit', () => this.#failAll(`${program.label} ended\n${this.#errors}`));
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', line => this.#take(line));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The opening of the older era, which every server knows; its time runs from the spawn. */
  async initialize(): Promise<Answer> {
    const answer = await this.call('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1.0.0' },
    });
    const ms = performance.now() - this.#started;
    this.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return { ...answer, ms };
  }

  callTool(name: string, input: JsonObject): Promise<Answer> {
    return this.call('tools/call', { name, arguments: input });
  }

  async call(method: string, params: JsonObject): Promise<Answer> {
    this.#calls += 1;
    const id = this.#calls;
    const began = performance.now();
    const line = await new Promise<string>((take, fail) => {
      const timer = setTimeout(() => fail(new Error(`no answer to ${method}\n${this.#errors}`)), answerMs);
      this.#waiting.set(id, {
        take: text => {
          clearTimeout(timer);
          take(text);
        },
        fail: error => {
          clearTimeout(timer);
          fail(error);
        },
      });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
    const ms = performance.now() - began;
    const { result, error } = JSON.parse(line) as JsonObject;
    if (!isObject(result)) throw new Error(`${method} failed: ${JSON.stringify(error)}`);
    return { result, bytes: Buffer.byteLength(JSON.stringify(result)), ms };
  }

  /** Closes its input, as a client does, and does not wait for ever. */
  async close(): Promise<void> {
    this.#waiting.clear();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), endMs);
    await ended;
    clearTimeout(timer);
  }

  #send(message: JsonObject): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #take(line: string): void {
    const id = /"id":(\d+)/.exec(line)?.[1];
    if (id === undefined || !line.startsWith('{')) return;
    const parsed = JSON.parse(line) as JsonObject;
    if (typeof parsed['id'] !== 'number' || parsed['method'] !== undefined) return;
    const waiting = this.#waiting.get(parsed['id']);
    this.#waiting.delete(parsed['id']);
    waiting?.take(line);
  }

  #failAll(why: string): void {
    for (const waiting of this.#waiting.values()) waiting.fail(new Error(why));
    this.#waiting.clear();
  }
}
