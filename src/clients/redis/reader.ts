import { VigieError } from '../../core/errors.ts';
import { cleanLine } from '../../core/text.ts';
import { printedBy } from '../../processes/printed-by.ts';
import type { Runner } from '../../processes/runner.ts';
import { type RedisPlace, redisWords } from './connection.ts';

/** INFO is about 6 kB, and a line longer for each replica and database. */
const answerBytes = 512 * 1024;
const saidChars = 300;

/** What a server says of itself, by the names that INFO has. */
export type RedisInfo = ReadonlyMap<string, string>;

/** Asks one Redis or Valkey server about itself, by its command line where the runner is. */
export class RedisReader {
  readonly #runner: Runner;
  readonly #place: RedisPlace;
  readonly #password: string | undefined;
  readonly #within: { signal: AbortSignal; deadlineMs: number };

  constructor(of: {
    runner: Runner;
    place: RedisPlace;
    password: string | undefined;
    signal: AbortSignal;
    deadlineMs: number;
  }) {
    this.#runner = of.runner;
    this.#place = of.place;
    this.#password = of.password;
    this.#within = { signal: of.signal, deadlineMs: of.deadlineMs };
  }

  /** @throws VigieError UNREACHABLE, FORBIDDEN where it refuses, TIMEOUT, CANCELLED, and what the runner throws */
  async info(): Promise<RedisInfo> {
    return linesIn(await this.#ask('INFO'));
  }

  /** Of a node of a Redis Cluster. @throws as `info` */
  async clusterInfo(): Promise<RedisInfo> {
    return linesIn(await this.#ask('CLUSTER', 'INFO'));
  }

  async #ask(...words: string[]): Promise<string> {
    const said = await this.#run('redis-cli', words).catch((error: unknown) => {
      if (error instanceof VigieError && error.code === 'NOT_STARTED') return this.#run('valkey-cli', words);
      throw error;
    });
    // What the server refuses is printed as if it were an answer.
    if (/^[a-z_]+:/m.test(said)) return said;
    // Where the password is wrong too, for the command is sent all the same.
    if (this.#password !== undefined && said.startsWith('NOAUTH'))
      throw new VigieError('UNAUTHENTICATED', 'The server does not accept the password it was given.', {
        hint: 'Look at user and password of the service in vigie.yaml.',
      });
    throw new VigieError(
      'FORBIDDEN',
      `The server refuses ${words.join(' ')}: ${cleanLine(said.trim(), saidChars)}`,
      {
        hint: 'Look at user and password of the service in vigie.yaml; the user needs INFO and CLUSTER|INFO.',
      },
    );
  }

  async #run(program: string, words: readonly string[]): Promise<string> {
    const { text, ended } = await printedBy(
      { runner: this.#runner, maxBytes: answerBytes },
      {
        argv: [program, ...redisWords(this.#place), ...words],
        secrets: this.#password === undefined ? {} : { REDISCLI_AUTH: this.#password },
        ...this.#within,
      },
    );
    const what = `${program} on ${this.#runner.where}`;
    if (ended.cut === 'stopped') throw new VigieError('CANCELLED', `${what} was stopped.`);
    if (ended.cut === 'deadline') throw new VigieError('TIMEOUT', `${what} got no answer in its time.`);
    if (ended.code === 0) return text;
    const said = cleanLine(ended.stderr.trim() || text.trim(), saidChars);
    throw new VigieError('UNREACHABLE', `${what}: ${said}`, {
      hint: 'Look at host, port and socket of the service in vigie.yaml.',
    });
  }
}

/**
 * Of lines with one name the first counts: a replica says itself what its address is, line ends and all, and stands behind
 * what the server says of itself.
 */
function linesIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([A-Za-z][\w.-]*):(.*?)\r?$/.exec(line) ?? [];
    if (name !== '' && !found.has(name)) found.set(name, value);
  }
  return found;
}
