import { textOf } from '../../core/json.ts';
import { ask, plainRefusal } from '../../http/ask.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest } from '../../http/endpoint.ts';
import type { Silence } from './silences.ts';

const requestMs = 10_000;
const answerBytes = 64 * 1024;

/** Writes silences to an Alertmanager. Nothing is sent twice. Every method may throw what an endpoint throws. */
export class AlertmanagerWriter {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;

  constructor(endpoint: Endpoint, { signal }: { signal: AbortSignal }) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /** Makes a silence and answers the id that it was given. @throws VigieError REJECTED_BY_SERVER */
  async create(silence: Omit<Silence, 'id' | 'state'>): Promise<string> {
    const answer = await this.#send({
      method: 'POST',
      path: ['silences'],
      body: { type: 'application/json', text: JSON.stringify(silence) },
    });
    const id = textOf(await answer.json(), 'silenceID');
    // It was taken, and nobody knows under which id.
    if (id === '') throw badResponse(this.#endpoint.shown, 'it names no silence', { outcomeUnknown: true });
    return id;
  }

  /** Ends a silence now. @throws VigieError NOT_FOUND, REJECTED_BY_SERVER */
  async expire(id: string): Promise<void> {
    const answer = await this.#send({ method: 'DELETE', path: ['silence', id] });
    answer.discard();
  }

  #send(request: Pick<EndpointRequest, 'method' | 'path' | 'body'>): Promise<EndpointAnswer> {
    return ask(this.#endpoint, {
      ...request,
      path: ['api', 'v2', ...request.path],
      signal: this.#signal,
      deadlineMs: requestMs,
      maxBytes: answerBytes,
      refused: plainRefusal(this.#endpoint.shown, 'REJECTED_BY_SERVER'),
    });
  }
}
