import { VigieError } from '../../core/errors.ts';
import { isObject, type Json, memberOf, objectsIn, textOf } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { About } from '../../http/about.ts';
import { type Endpoint, type EndpointAnswer, timeOf } from '../../http/endpoint.ts';
import { type Alert, alertOf } from './alerts.ts';
import { type Silence, silenceOf } from './silences.ts';

const requestMs = 10_000;
const aboutBytes = 1024 * 1024;
// An alert is about 1 kB; ten thousand at once are a storm that nobody reads one by one.
const listBytes = 32 * 1024 * 1024;
const saidChars = 400;

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
    const answer = await this.#get(['status'], aboutBytes);
    const body = await answer.json();
    return {
      product: 'Alertmanager',
      version: textOf(memberOf(body, 'versionInfo'), 'version'),
      time: timeOf(answer),
    };
  }

  /** Every alert that it holds: active, silenced and inhibited ones. */
  async alerts(): Promise<Alert[]> {
    const answer = await this.#get(['alerts'], listBytes);
    return objectsIn(this.#list(await answer.json())).map(alertOf);
  }

  /** Every silence that it still knows: pending, active, and those that ended within its retention. */
  async silences(): Promise<Silence[]> {
    const answer = await this.#get(['silences'], listBytes);
    return objectsIn(this.#list(await answer.json())).map(silenceOf);
  }

  /** One silence; undefined: it has none of that id. */
  async silence(id: string): Promise<Silence | undefined> {
    try {
      const answer = await this.#get(['silence', id], aboutBytes);
      const body = await answer.json();
      return isObject(body) ? silenceOf(body) : undefined;
    } catch (error) {
      if (error instanceof VigieError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  #list(body: Json): Json {
    if (Array.isArray(body)) return body;
    throw new VigieError('BAD_RESPONSE', `${this.shown} does not answer as an Alertmanager does.`, {
      hint: 'Name the place of its API: environments.NAME.metrics.alertmanager in vigie.yaml.',
    });
  }

  async #get(path: string[], maxBytes: number): Promise<EndpointAnswer> {
    const answer = await this.#endpoint.send({
      method: 'GET',
      path: ['api', 'v2', ...path],
      signal: this.#signal,
      deadlineMs: requestMs,
      maxBytes,
    });
    if (answer.status < 300) return answer;
    const said = cleanLine(await answer.text(), saidChars);
    throw new VigieError(
      answer.status === 404 ? 'NOT_FOUND' : 'INVALID_INPUT',
      `${this.shown} refused (${answer.status}): ${said}`,
    );
  }
}
