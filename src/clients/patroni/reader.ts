import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { Endpoint } from '../../http/endpoint.ts';

/** A few hundred bytes for each member. */
const answerBytes = 1024 * 1024;
const saidChars = 300;

/** Asks the REST API of one member of a Patroni cluster. */
export class PatroniReader {
  readonly #endpoint: Endpoint;
  readonly #within: { signal: AbortSignal; deadlineMs: number };

  constructor(endpoint: Endpoint, within: { signal: AbortSignal; deadlineMs: number }) {
    this.#endpoint = endpoint;
    this.#within = within;
  }

  get shown(): string {
    return this.#endpoint.shown;
  }

  /** Members with their roles, states, timelines and lags. @throws VigieError BAD_RESPONSE, and what Endpoint.send throws */
  async cluster(): Promise<JsonObject> {
    return this.#get('cluster');
  }

  /** What holds for all members, such as synchronous_mode. @throws as `cluster` */
  async config(): Promise<JsonObject> {
    return this.#get('config');
  }

  async #get(path: 'cluster' | 'config'): Promise<JsonObject> {
    const answer = await this.#endpoint.send({
      method: 'GET',
      path: [path],
      ...this.#within,
      maxBytes: answerBytes,
    });
    if (answer.status >= 300) {
      const said = cleanLine(await answer.text(), saidChars);
      throw new VigieError('BAD_RESPONSE', `${this.shown} refused /${path} (${answer.status}): ${said}`);
    }
    const body = await answer.json();
    if (isObject(body)) return body;
    throw new VigieError('BAD_RESPONSE', `${this.shown} does not answer as Patroni does.`, {
      hint: 'Name the place of its REST API: endpoint of the service in vigie.yaml.',
    });
  }
}
