import { VigieError } from '../../core/errors.ts';
import { type JsonObject, parsedObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Command, Ended, Runner, Running } from '../../processes/runner.ts';

/** One row of JSON; the largest lists the tables of a database. */
const lineChars = 4 * 1024 * 1024;
const complaintChars = 500;

/**
 * One session with a PostgreSQL server by way of psql, wherever the runner is. It lives until `end`: what it holds open
 * (a transaction with an exported snapshot) is there for other programs meanwhile.
 */
export class PsqlSession {
  readonly #where: string;
  readonly #running: Running;
  readonly #input: Input;
  readonly #lines: AsyncIterator<string>;

  private constructor(of: { where: string; running: Running; input: Input }) {
    this.#where = of.where;
    this.#running = of.running;
    this.#input = of.input;
    this.#lines = linesOf(of.running.stdout)[Symbol.asyncIterator]();
  }

  /** `command` without argv: where and as whom, by the PG* variables of its environment. */
  static async open(runner: Runner, command: Omit<Command, 'argv' | 'stdin'>): Promise<PsqlSession> {
    const input = new Input();
    // No file of settings, no prompt for a password; the first error ends it.
    const argv = ['psql', '-X', '-q', '-A', '-t', '-w', '-v', 'ON_ERROR_STOP=1', '-f', '-'] as const;
    const running = await runner.start({ ...command, argv, stdin: input });
    return new PsqlSession({ where: runner.where, running, input });
  }

  /** Statements that answer nothing. @throws VigieError BACKUP for a backslash: all that psql itself obeys begins with one */
  tell(sql: string): void {
    if (sql.includes('\\'))
      throw new VigieError('BACKUP', `A statement with a backslash is not handed to psql on ${this.#where}.`);
    this.#input.push(`${sql}\n`);
  }

  /** One query that answers one row with one JSON object. @throws VigieError BACKUP */
  async ask(sql: string): Promise<JsonObject> {
    this.tell(`${sql};`);
    const { value, done } = await this.#lines.next();
    if (done === true) {
      this.#mustEndWell(await this.#running.ended);
      throw new VigieError('BACKUP', `psql on ${this.#where} ended before it had answered.`);
    }
    const row = parsedObject(value);
    if (row === undefined) throw new VigieError('BACKUP', `psql on ${this.#where} answered no object.`);
    return row;
  }

  /** Ends it, and says whether all went well. @throws VigieError BACKUP */
  async end(): Promise<void> {
    this.#input.end();
    this.#running.discard();
    this.#mustEndWell(await this.#running.ended);
  }

  #mustEndWell({ code, cut, stderr }: Ended): void {
    const what = `psql on ${this.#where}`;
    if (cut === 'stopped') throw new VigieError('CANCELLED', `${what} was stopped.`);
    if (cut === 'deadline') throw new VigieError('TIMEOUT', `${what} did not end in its time.`);
    if (code !== 0)
      throw new VigieError('BACKUP', `${what} failed: ${cleanLine(stderr.trim(), complaintChars)}`, {
        details: { program: 'psql', code },
      });
  }

  /** Ends it after something else failed. Never throws. */
  async leave(): Promise<void> {
    this.#input.end();
    this.#running.discard();
    await this.#running.ended.catch(() => undefined);
  }
}

/** What a program reads, as it comes to be written. */
class Input implements AsyncIterable<Uint8Array> {
  readonly #waiting: string[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  push(text: string): void {
    this.#waiting.push(text);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      const text = this.#waiting.shift();
      if (text !== undefined) yield Buffer.from(text);
      else if (this.#ended) return;
      else
        await new Promise<void>(resolve => {
          this.#wake = resolve;
        });
    }
  }
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > lineChars) throw new VigieError('BACKUP', 'psql answered a line without end.');
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}
