import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { askJson, plainRefusal } from '../../http/ask.ts';
import type { Endpoint } from '../../http/endpoint.ts';

/** A few hundred bytes for each member. */
const answerBytes = 1024 * 1024;

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
    const { body } = await askJson(this.#endpoint, {
      path: [path],
      ...this.#within,
      maxBytes: answerBytes,
      refused: plainRefusal(this.shown, 'BAD_RESPONSE'),
    });
    if (isObject(body)) return body;
    throw new VigieError('BAD_RESPONSE', `${this.shown} does not answer as Patroni does.`, {
      hint: 'Name the place of its REST API: endpoint of the service in vigie.yaml.',
    });
  }
}
