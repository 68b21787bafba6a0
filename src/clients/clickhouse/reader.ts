import { VigieError } from '../../core/errors.ts';
import { inParallel } from '../../core/in-parallel.ts';
import type { JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import { printedBy } from '../../processes/printed-by.ts';
import type { Runner } from '../../processes/runner.ts';
import {
  type ClickhousePlace,
  clickhouseClients,
  clickhouseSecrets,
  clickhouseWords,
  rowsIn,
} from './connection.ts';

/** Twenty rows at most, of names and numbers. */
const answerBytes = 256 * 1024;
const complaintChars = 300;
const atOnce = 3;

/** What a server is asked about itself; a row of JSON a line. Columns that ask ZooKeeper are left out. */
const questions = {
  server: 'SELECT version() AS version',
  replicas: `SELECT database, table, is_readonly AS readonly, absolute_delay AS delay, queue_size AS queue
    FROM system.replicas ORDER BY is_readonly DESC, absolute_delay DESC, queue_size DESC LIMIT 20`,
  parts: `SELECT database, table, partition_id AS partition, count() AS parts FROM system.parts WHERE active
    GROUP BY database, table, partition_id ORDER BY parts DESC LIMIT 3`,
  disks:
    'SELECT name, free_space AS free, total_space AS total FROM system.disks ORDER BY free / total LIMIT 20',
  mutations: `SELECT database, table, mutation_id AS id, substring(latest_fail_reason, 1, 300) AS reason
    FROM system.mutations WHERE NOT is_done AND latest_fail_reason != '' ORDER BY create_time LIMIT 5`,
} as const;

type Question = keyof typeof questions;

/** What a question came to. `code`: that of the server's exception; absent: what came was no answer. */
export type ClickhouseAnswer = { rows: JsonObject[] } | { refused: { code?: number } };

/** Asks one ClickHouse server about itself, by its client where the runner is. */
export class ClickhouseReader {
  readonly #runner: Runner;
  readonly #place: ClickhousePlace;
  readonly #password: string | undefined;
  readonly #within: { signal: AbortSignal; deadlineMs: number };

  constructor(of: {
    runner: Runner;
    place: ClickhousePlace;
    password: string | undefined;
    signal: AbortSignal;
    deadlineMs: number;
  }) {
    this.#runner = of.runner;
    this.#place = of.place;
    this.#password = of.password;
    this.#within = { signal: of.signal, deadlineMs: of.deadlineMs };
  }

  /**
   * Every question with what it came to.
   * @throws VigieError UNREACHABLE where not even its version is told, TIMEOUT, CANCELLED, and what the runner throws
   */
  async ask(): Promise<(question: Question) => ClickhouseAnswer> {
    const { server, ...others } = questions;
    const answers = new Map<string, ClickhouseAnswer>();
    const { ended, answer } = await this.#one(server);
    const what = `The client of ClickHouse on ${this.#runner.where}`;
    if (ended.cut === 'stopped') throw new VigieError('CANCELLED', `${what} was stopped.`);
    if (ended.cut === 'deadline') throw new VigieError('TIMEOUT', `${what} got no answer in its time.`);
    if ('refused' in answer)
      throw new VigieError('UNREACHABLE', `${what}: ${cleanLine(ended.stderr.trim(), complaintChars)}`, {
        hint: 'Look at host, port, user and password of the service in vigie.yaml.',
      });
    answers.set('server', answer);
    await inParallel(Object.entries(others), {
      atOnce,
      task: async ([name, query]) => {
        answers.set(name, (await this.#one(query)).answer);
      },
    });
    return question => answers.get(question) ?? { refused: {} };
  }

  async #one(query: string) {
    const { text, ended } = await this.#run(query);
    const rows = ended.code === 0 ? rowsIn(text) : undefined;
    const code = /\bCode: (\d+)\b/.exec(ended.stderr)?.[1];
    const answer: ClickhouseAnswer =
      rows === undefined ? { refused: code === undefined ? {} : { code: Number(code) } } : { rows };
    return { ended, answer };
  }

  async #run(query: string) {
    let missing: unknown;
    for (const client of clickhouseClients)
      try {
        return await printedBy(
          { runner: this.#runner, maxBytes: answerBytes },
          {
            argv: [
              ...client,
              ...clickhouseWords(this.#place),
              // Reads, and settings of its own session.
              '--readonly=2',
              '--max_execution_time=5',
              '--output_format_json_quote_64bit_integers=0',
              '--format=JSONEachRow',
              '--query',
              query,
            ],
            secrets: clickhouseSecrets(this.#password),
            ...this.#within,
          },
        );
      } catch (error) {
        if (!(error instanceof VigieError && error.code === 'NOT_STARTED')) throw error;
        missing = error;
      }
    throw missing;
  }
}
