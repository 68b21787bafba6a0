import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';

// As much of MCP as an assistant needs to call a tool: JSON-RPC, one message a line. It is written by hand so that the
// demo shows the wire that any client would use, and nothing of Vigie's own.

const protocolVersion = '2025-06-18';
/** A server that has not answered by then will not. */
const answerMs = 60_000;

interface Waiting {
  resolve(result: JsonObject): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

/** What a tool call ended with, as a client sees it. */
export interface ToolAnswer {
  data: JsonObject;
  text: string;
  isError: boolean;
}

/** An assistant's side of `vigie serve --stdio`. */
export class McpClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout !== null)
      createInterface({ input: child.stdout }).on('line', line => this.#receive(line));
    child.on('error', error => this.#fail(error.message));
    child.on('exit', status => this.#fail(`it ended with status ${status ?? 'of a signal'}`));
    child.stdin?.on('error', () => {});
  }

  /** Starts the server and shakes hands. `command` is a program and its arguments. */
  static async start(command: readonly string[], env: NodeJS.ProcessEnv): Promise<McpClient> {
    const [program = '', ...args] = command;
    const client = new McpClient(spawn(program, args, { env, stdio: ['pipe', 'pipe', 'ignore'] }));
    await client.#request('initialize', {
      protocolVersion,
      capabilities: {},
      clientInfo: { name: 'demo-agent', version: '1' },
    });
    client.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return client;
  }

  async listTools(): Promise<string[]> {
    const { tools } = await this.#request('tools/list', {});
    if (!Array.isArray(tools)) return [];
    return tools.flatMap(tool => (isObject(tool) && typeof tool['name'] === 'string' ? [tool['name']] : []));
  }

  async callTool(name: string, input: JsonObject): Promise<ToolAnswer> {
    const result = await this.#request('tools/call', { name, arguments: input });
    const content = Array.isArray(result['content']) ? result['content'] : [];
    const texts = content.flatMap(part =>
      isObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
    );
    return {
      data: isObject(result['structuredContent']) ? result['structuredContent'] : {},
      text: texts.join('\n'),
      isError: result['isError'] === true,
    };
  }

  /** Ends the server as a client does: by closing its input. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>(resolve => this.#child.once('exit', () => resolve()));
    this.#child.stdin?.end();
    await ended;
  }

  #request(method: string, params: JsonObject): Promise<JsonObject> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new VigieError('TIMEOUT', `The server did not answer ${method} in time.`));
      }, answerMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  #send(message: JsonObject): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #receive(line: string): void {
    const message: unknown = JSON.parse(line);
    if (!isObject(message) || typeof message['id'] !== 'number') return;
    const waiting = this.#waiting.get(message['id']);
    if (waiting === undefined) return;
    this.#waiting.delete(message['id']);
    clearTimeout(waiting.timer);
    const { result, error } = message;
    if (isObject(result)) waiting.resolve(result);
    else
      waiting.reject(
        new VigieError('BAD_RESPONSE', `The server refused: ${JSON.stringify(error ?? null).slice(0, 300)}`),
      );
  }

  #fail(why: string): void {
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new VigieError('SERVER_ERROR', `The demo's own server is gone: ${why}.`));
    }
    this.#waiting.clear();
  }
}
