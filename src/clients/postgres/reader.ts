import { VigieError } from '../../core/errors.ts';
import { type JsonObject, parsedObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { printedBy } from '../../processes/printed-by.ts';
import type { Runner } from '../../processes/runner.ts';
import type { PostgresVariables } from './connection.ts';
import { type Question, script } from './questions.ts';

/** Twenty rows to a question, of names and numbers. */
const answerBytes = 256 * 1024;
const complaintChars = 300;

// A session that only looks: it writes nothing, waits for no lock that work holds, and takes no function from a schema that
// somebody else can write to.
const sessionOptions = [
  'default_transaction_read_only=on',
  'statement_timeout=4000',
  'lock_timeout=1000',
  'search_path=pg_catalog',
]
  .map(option => `-c ${option}`)
  .join(' ');

/** What a question came to. `state`: the SQLSTATE by which the server refused; absent: it never came to that question. */
export type Answer = { row: JsonObject } | { refused: { state?: string } };

/** Asks one PostgreSQL server about itself, by psql where the runner is. */
export class PostgresReader {
  readonly #runner: Runner;
  readonly #variables: PostgresVariables;
  readonly #signal: AbortSignal;
  readonly #deadlineMs: number;

  constructor(of: { runner: Runner; variables: PostgresVariables; signal: AbortSignal; deadlineMs: number }) {
    this.#runner = of.runner;
    this.#variables = of.variables;
    this.#signal = of.signal;
    this.#deadlineMs = of.deadlineMs;
  }

  /**
   * Every question with what it came to. Some may be answered where the server hung after them.
   * @throws VigieError UNREACHABLE with what psql said, TIMEOUT, CANCELLED, BAD_RESPONSE, and what the runner throws
   */
  async ask(): Promise<(question: Question) => Answer> {
    const { env, secrets } = this.#variables;
    const { text, ended } = await printedBy(
      { runner: this.#runner, maxBytes: answerBytes },
      {
        // No file of settings, no prompt for a password; a question that fails does not end it.
        argv: ['psql', '-X', '-q', '-A', '-t', '-w', '-f', '-'],
        // Our own deadline is the one to tell.
        env: { ...env, PGOPTIONS: sessionOptions, PGCONNECT_TIMEOUT: '60' },
        secrets,
        stdin: once(script),
        signal: this.#signal,
        deadlineMs: this.#deadlineMs,
      },
    );
    const answers = answersIn(text);
    if (answers.size > 0) return question => answers.get(question) ?? { refused: {} };
    const what = `psql on ${this.#runner.where}`;
    if (ended.cut === 'stopped') throw new VigieError('CANCELLED', `${what} was stopped.`);
    if (ended.cut === 'deadline') throw new VigieError('TIMEOUT', `${what} got no answer in its time.`);
    throw new VigieError('UNREACHABLE', `${what}: ${cleanLine(ended.stderr.trim(), complaintChars)}`, {
      hint: 'Look at host, port, user and password of the service in vigie.yaml.',
    });
  }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** An answer is one line of JSON; what comes behind it says to which question. */
function answersIn(text: string): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  let row: JsonObject | undefined;
  for (const line of text.split('\n')) {
    const [, name, state] = /^@(\w+) (\w{5})$/.exec(line) ?? [];
    if (name === undefined || state === undefined) {
      row = parsedObject(line) ?? row;
      continue;
    }
    answers.set(name, row !== undefined && state === '00000' ? { row } : { refused: { state } });
    row = undefined;
  }
  return answers;
}
