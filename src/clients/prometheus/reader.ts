import { memberOf, textOf } from '../../core/json.ts';
import type { About } from '../../http/about.ts';
import { type Endpoint, timeOf } from '../../http/endpoint.ts';

const aboutMs = 10_000;
const aboutBytes = 1024 * 1024;

/** Asks Prometheus or VictoriaMetrics. */
export class PrometheusReader {
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
    const answer = await this.#endpoint.send({
      method: 'GET',
      path: ['api', 'v1', 'status', 'buildinfo'],
      signal: this.#signal,
      deadlineMs: aboutMs,
      maxBytes: aboutBytes,
    });
    const body = await answer.json();
    return {
      product: 'Prometheus',
      version: textOf(memberOf(body, 'data'), 'version'),
      time: timeOf(answer),
    };
  }
}
