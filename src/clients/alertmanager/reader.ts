import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, memberOf, objectsIn, textOf } from '../../core/json.ts';
import type { About } from '../../http/about.ts';
import { type Asked, askJson, findJson } from '../../http/ask.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { type Alert, alertOf } from './alerts.ts';
import { type Silence, silenceOf } from './silences.ts';

const requestMs = 10_000;
const aboutBytes = 1024 * 1024;
// An alert is about 1 kB; ten thousand at once are a storm that nobody reads one by one.
const listBytes = 32 * 1024 * 1024;

/** Asks an Alertmanager. */
export class AlertmanagerReader {
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

  async about(): Promise<About> {
    const { body, time } = await askJson(this.#endpoint, this.#at(['status'], aboutBytes));
    return { product: 'Alertmanager', version: textOf(memberOf(body, 'versionInfo'), 'version'), time };
  }

  /** Every alert that it holds: active, silenced and inhibited ones. */
  async alerts(): Promise<Alert[]> {
    const { body } = await askJson(this.#endpoint, this.#at(['alerts'], listBytes));
    return objectsIn(this.#list(body)).map(alertOf);
  }

  /** Every silence that it still knows: pending, active, and those that ended within its retention. */
  async silences(): Promise<Silence[]> {
    const { body } = await askJson(this.#endpoint, this.#at(['silences'], listBytes));
    return objectsIn(this.#list(body)).map(silenceOf);
  }

  /** One silence; undefined: it has none of that id. */
  async silence(id: string): Promise<Silence | undefined> {
    const found = await findJson(this.#endpoint, this.#at(['silence', id], aboutBytes));
    return isObject(found?.body) ? silenceOf(found.body) : undefined;
  }

  #list(body: Json): Json {
    if (Array.isArray(body)) return body;
    throw new VigieError('BAD_RESPONSE', `${this.shown} does not answer as an Alertmanager does.`, {
      hint: 'Name the place of its API: environments.NAME.metrics.alertmanager in vigie.yaml.',
    });
  }

  #at(path: string[], maxBytes: number): Asked {
    return { path: ['api', 'v2', ...path], signal: this.#signal, deadlineMs: requestMs, maxBytes };
  }
}
