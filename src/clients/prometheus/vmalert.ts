import { isObject, listOf, memberOf } from '../../core/json.ts';
import type { About } from '../../http/about.ts';
import { badResponse } from '../../http/bad-response.ts';
import { type Endpoint, type EndpointAnswer, timeOf } from '../../http/endpoint.ts';
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
    const { answer } = await this.#asked();
    return { product: 'vmalert', version: '', time: timeOf(answer) };
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
    const answer = await this.#get(['flags']);
    if (answer.status >= 300) {
      answer.discard();
      return {};
    }
    const [, written = ''] = /^-external\.label="(.*)"$/m.exec(await answer.text()) ?? [];
    const pairs = written.split(',').filter(pair => pair.includes('='));
    return Object.fromEntries(
      pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  async #get(path: string[]): Promise<EndpointAnswer> {
    return this.#endpoint.send({
      method: 'GET',
      path,
      signal: this.#signal,
      deadlineMs: requestMs,
      maxBytes: rulesBytes,
    });
  }

  async #asked(): Promise<{ answer: EndpointAnswer; body: unknown }> {
    const answer = await this.#get(['api', 'v1', 'rules']);
    const body = answer.status < 300 ? await answer.json() : undefined;
    if (isObject(body) && body['status'] === 'success') return { answer, body };
    answer.discard();
    throw badResponse(this.shown, 'it is not what vmalert answers');
  }
}
