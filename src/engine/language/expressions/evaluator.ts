import { Worker } from 'node:worker_threads';
import { VigieError } from '../../../core/errors.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import type { PlaybookInput } from '../../../core/playbook.ts';
import { cleanLine } from '../../../core/text.ts';
import { caps } from '../caps.ts';
import { type Question, type Reply, workerMark, workerModule } from './worker.ts';

/**
 * Evaluates expressions, one at a time, in a thread of its own: one that takes too long or too much ends with that thread,
 * and the next one has a new one. The thread starts with the first expression and keeps no process alive.
 */
export class Evaluator {
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #mostSlowMs: number;
  #slowMs = 0;

  /** `mostSlowMs`: once slow expressions took that long in all, none is evaluated any more. Absent: no such bound. */
  constructor({ mostSlowMs = Number.POSITIVE_INFINITY }: { mostSlowMs?: number } = {}) {
    this.#mostSlowMs = mostSlowMs;
  }

  /** Forgets how long slow ones took. */
  forgive(): void {
    this.#slowMs = 0;
  }

  /**
   * What an expression comes to. `values` are its variables by name: no more of them than it needs, since all of it is
   * copied; `inputs` tells which of `values.inputs` are numbers with decimals.
   * @throws VigieError EXPRESSION; NOT_STARTED: no fault of the expression, the machine has too much to do
   */
  async evaluate(
    source: string,
    { values, inputs = {} }: { values: JsonObject; inputs?: { [name: string]: PlaybookInput } },
  ): Promise<Json> {
    const decimals = Object.keys(inputs).filter(name => inputs[name]?.type === 'number');
    if (Buffer.byteLength(JSON.stringify(values)) > caps.valueBytes)
      throw failed(source, `it would be handed more than ${caps.valueBytes} bytes`);
    const answered = this.#last.then(() => this.#ask({ source, values, decimals }));
    this.#last = answered.catch(() => {});
    const reply = await answered;
    if ('problem' in reply) throw failed(source, reply.problem);
    const value: Json = JSON.parse(reply.value);
    return value;
  }

  /** Ends the thread; what is asked afterwards starts another. */
  async close(): Promise<void> {
    await this.#last;
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #ask(question: Question): Promise<Reply> {
    if (this.#slowMs >= this.#mostSlowMs) return { problem: 'those before it took too long in all' };
    // On a machine that has more to do an honest one may miss its time once.
    const reply =
      (await this.#answer(question, caps.evaluateMs)) ?? (await this.#answer(question, caps.againMs));
    return reply ?? { problem: 'it takes too long or too much memory' };
  }

  async #answer(question: Question, withinMs: number): Promise<Reply | undefined> {
    const worker = this.#worker ?? (await start());
    this.#worker = worker;
    const began = performance.now();
    const reply = await answerOf(worker, { question, withinMs });
    const tookMs = performance.now() - began;
    if (tookMs >= caps.slowMs) this.#slowMs += tookMs;
    if (reply !== undefined) return reply;
    this.#worker = undefined;
    await worker.terminate();
    return undefined;
  }
}

async function start(): Promise<Worker> {
  const worker = new Worker(new URL(workerModule), {
    workerData: workerMark,
    // Nothing that it could print or read is its own.
    env: {},
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: caps.heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  });
  // What an ended thread still reports is nobody's fault.
  worker.on('error', () => {});
  const ready = await answerOf(worker, { question: 'ready?', withinMs: caps.startMs });
  worker.unref();
  if (ready !== undefined) return worker;
  await worker.terminate();
  throw new VigieError('NOT_STARTED', 'The thread that evaluates expressions did not start.', {
    hint: 'Try again when this machine has less to do.',
    retryable: true,
  });
}

/** Undefined: it did not answer in time, or is gone. */
async function answerOf(
  worker: Worker,
  { question, withinMs }: { question: Question | 'ready?'; withinMs: number },
): Promise<Reply | undefined> {
  const { promise, resolve } = Promise.withResolvers<Reply | undefined>();
  const gone = () => resolve(undefined);
  // Where this thread stood still itself, what came meanwhile is heard first.
  const timer = setTimeout(() => setImmediate(gone), withinMs);
  worker.once('message', resolve).once('error', gone).once('exit', gone);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node, and no window
  worker.postMessage(question);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.off('message', resolve).off('error', gone).off('exit', gone);
  }
}

function failed(source: string, why: string): VigieError {
  return new VigieError(
    'EXPRESSION',
    `\${{ ${cleanLine(source, shownChars)} }} has no value: ${cleanLine(why, shownChars).replace(/\.$/, '')}.`,
    {
      hint: 'What expressions may use: docs/guides/playbooks.md',
    },
  );
}

/** Of an expression and of what is wrong with it, in a message. */
const shownChars = 200;
