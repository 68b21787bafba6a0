import type { ChildProcess } from 'node:child_process';
import { isObject, type JsonObject } from '../../src/core/json.ts';
import { cpuSeconds, peakMegabytes } from './process-cost.ts';

/** Slower than any answer on a busy machine. */
const answerMs = 60_000;

/** A client of `vigie serve --stdio` that sends bytes as they are, good or bad. */
export class StdioDoor {
  readonly child: ChildProcess;
  /** Every answer that has an id of ours or none, in the order they came. */
  readonly answers: JsonObject[] = [];
  /** Whatever came out and is no JSON object on a line: there must be none. */
  readonly noise: string[] = [];
  #stderr = '';
  #rest = '';
  #nextId = 1;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number | string, (answer: JsonObject) => void>();

  private constructor(child: ChildProcess) {
    this.child = child;
    // Each request and each wait for room listens for the end.
    child.setMaxListeners(0);
    child.stdin?.setMaxListeners(0);
    this.#ended = new Promise(resolve => child.once('exit', () => resolve()));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-100_000);
    });
    child.stdin?.on('error', () => {});
  }

  static async open(child: ChildProcess): Promise<StdioDoor> {
    const door = new StdioDoor(child);
    await door.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'attacker', version: '1' },
    });
    await door.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
    return door;
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const answer = parse(line);
      if (answer === undefined) {
        this.noise.push(line.slice(0, 200));
        continue;
      }
      const { id } = answer;
      const waiting = typeof id === 'number' || typeof id === 'string' ? this.#waiting.get(id) : undefined;
      if (waiting === undefined) this.answers.push(answer);
      else waiting(answer);
    }
  }

  /** Sends bytes as they are; resolves when the other side has room for more, or is gone. */
  async write(bytes: string | Buffer): Promise<void> {
    const { stdin } = this.child;
    if (stdin === null || stdin.destroyed || stdin.write(bytes)) return;
    const drained = new Promise<void>(resolve => stdin.once('drain', resolve));
    await Promise.race([drained, this.#ended]);
  }

  /** One good request and its whole answer. Throws when the process ends first or nothing comes. */
  async request(method: string, params: JsonObject): Promise<JsonObject> {
    const id = `good-${this.#nextId++}`;
    const answer = new Promise<JsonObject>((resolve, reject) => {
      const end = (how: () => void): void => {
        clearTimeout(timer);
        this.child.off('exit', exited);
        this.#waiting.delete(id);
        how();
      };
      const fail = (why: string): void => end(() => reject(new Error(`${why}: ${this.#stderr.slice(-500)}`)));
      const exited = (): void => fail(`the process ended before it answered ${method}`);
      const timer = setTimeout(() => fail(`no answer to ${method}`), answerMs);
      this.child.once('exit', exited);
      if (!this.lives) exited();
      this.#waiting.set(id, heard => end(() => resolve(heard)));
    });
    answer.catch(() => {});
    await this.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return answer;
  }

  /** Calls a tool; the result's text and data, empty where the call was no result at all. */
  async call(name: string, input: JsonObject): Promise<{ text: string; data: JsonObject; bytes: number }> {
    return resultOf(await this.request('tools/call', { name, arguments: input }));
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

/** The text and data of an answer to `tools/call`, and the bytes of all of it. */
export function resultOf(answer: JsonObject): { text: string; data: JsonObject; bytes: number } {
  const result = isObject(answer.result) ? answer.result : {};
  const [block] = Array.isArray(result.content) ? result.content : [];
  return {
    text: isObject(block) && typeof block.text === 'string' ? block.text : '',
    data: isObject(result.structuredContent) ? result.structuredContent : {},
    bytes: Buffer.byteLength(JSON.stringify(answer)),
  };
}

function parse(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
