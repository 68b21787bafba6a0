import { VigieError } from '../../core/errors.ts';
import { textOf } from '../../core/json.ts';
import type { Endpoint } from '../../http/endpoint.ts';

// It reads all of its rules and targets anew before it answers.
const reloadMs = 60_000;
const answerBytes = 64 * 1024;

/** Tells a Prometheus what only a change may. */
export class PrometheusWriter {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;

  constructor(endpoint: Endpoint, { signal }: { signal: AbortSignal }) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /** Has it read its configuration and its rules anew; `off`: it may not be told to. Else why it has not, in its own words. */
  async reload(): Promise<'reloaded' | 'off' | { refused: string }> {
    try {
      const answer = await this.#endpoint.send({
        method: 'POST',
        path: ['-', 'reload'],
        signal: this.#signal,
        deadlineMs: reloadMs,
        maxBytes: answerBytes,
      });
      answer.discard();
      return answer.status < 300 ? 'reloaded' : { refused: `status ${answer.status}` };
    } catch (error) {
      if (!(error instanceof VigieError)) throw error;
      // 403: its lifecycle API is off.
      if (error.code === 'FORBIDDEN') return 'off';
      return { refused: textOf(error.details, 'said') || error.message };
    }
  }
}
