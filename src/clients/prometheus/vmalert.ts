import { VigieError } from '../../core/errors.ts';
import { listOf, memberOf, textOf } from '../../core/json.ts';
import type { About } from '../../http/about.ts';
import { type Asked, ask, askJson } from '../../http/ask.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { type Group, groupOf } from './rules.ts';

const requestMs = 30_000;
const rulesBytes = 32 * 1024 * 1024;

/** Asks a vmalert, which evaluates the rules of a VictoriaMetrics. */
export class VmalertReader {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;

  /** `signal`: the call's, which reaches every request. */
  constructor(endpoint: Endpoint, { signal }: { signal: AbortSignal }) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  get shown(): string {
    return this.#endpoint.shown;
  }

  /** It says nowhere but among its metrics which version it is. */
  async about(): Promise<About> {
    const { time } = await this.#asked();
    return { product: 'vmalert', version: '', time };
  }

  /** The rules that it evaluates, with the alerts that each has now. @throws whatever an endpoint throws, BAD_RESPONSE */
  async rules(): Promise<Group[]> {
    const { body } = await this.#asked();
    return listOf(memberOf(body, 'data'), 'groups').map(groupOf);
  }

  /** It leaves queries as they are. */
  async formatted(): Promise<undefined> {
    return undefined;
  }

  /** The labels that its command line gives every rule; none where it does not show its command line. */
  async addedLabels(): Promise<Record<string, string>> {
    const answer = await ask(this.#endpoint, this.#at(['flags'])).catch((error: unknown) => {
      if (error instanceof VigieError && ['NOT_FOUND', 'INVALID_INPUT'].includes(error.code))
        return undefined;
      throw error;
    });
    const [, written = ''] = /^-external\.label="(.*)"$/m.exec((await answer?.text()) ?? '') ?? [];
    const pairs = written.split(',').filter(pair => pair.includes('='));
    return Object.fromEntries(
      pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  async #asked(): ReturnType<typeof askJson> {
    const answered = await askJson(this.#endpoint, {
      ...this.#at(['api', 'v1', 'rules']),
      refused: () => this.#notOurs(),
    });
    if (textOf(answered.body, 'status') !== 'success') throw this.#notOurs();
    return answered;
  }

  #at(path: string[]): Asked {
    return { path, signal: this.#signal, deadlineMs: requestMs, maxBytes: rulesBytes };
  }

  #notOurs(): VigieError {
    return badResponse(this.shown, 'it is not what vmalert answers');
  }
}
