import { VigieError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { ask, plainRefusal } from '../../http/ask.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { Endpoint, EndpointAnswer, EndpointRequest } from '../../http/endpoint.ts';

const requestMs = 20_000;
const answerBytes = 64 * 1024;

/** Writes dashboards, and notes on them, to a Grafana. Nothing is sent twice. Every method may throw what an endpoint throws. */
export class GrafanaWriter {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;

  constructor(endpoint: Endpoint, { signal }: { signal: AbortSignal }) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  /**
   * Makes a dashboard, or replaces the version that is named, and answers the version that it then has.
   * @throws VigieError CONFLICT where another version, or another dashboard, stands there; REJECTED_BY_SERVER
   */
  async save(dashboard: {
    uid: string;
    folder: string;
    model: JsonObject;
    /** What is replaced. Absent: nothing of that uid may be there. */
    version?: number;
    message: string;
  }): Promise<number> {
    const { uid, folder, model, version, message } = dashboard;
    const answer = await this.#send({
      method: 'POST',
      path: ['dashboards', 'db'],
      body: {
        type: 'application/json',
        text: JSON.stringify({
          dashboard: { ...model, id: null, uid, version: version ?? 0 },
          ...(folder === '' ? {} : { folderUid: folder }),
          message,
          // With it the version would not be looked at.
          overwrite: false,
        }),
      },
    });
    const body = await answer.json();
    const saved =
      typeof body === 'object' && body !== null && 'version' in body ? body['version'] : undefined;
    // It was taken, and nobody knows as which version.
    if (typeof saved !== 'number')
      throw badResponse(this.#endpoint.shown, 'it names no version', { outcomeUnknown: true });
    return saved;
  }

  /** @throws VigieError NOT_FOUND, REJECTED_BY_SERVER */
  async remove(uid: string): Promise<void> {
    const answer = await this.#send({ method: 'DELETE', path: ['dashboards', 'uid', uid] });
    answer.discard();
  }

  /** Makes a note and answers the id that it was given. @throws VigieError REJECTED_BY_SERVER, NOT_FOUND */
  async annotate(note: {
    /** Uid. */
    dashboard: string;
    text: string;
    tags: readonly string[];
    from: Date;
    /** Absent: it marks a moment. */
    until?: Date;
  }): Promise<number> {
    const { dashboard, text, tags, from, until } = note;
    const answer = await this.#send({
      method: 'POST',
      path: ['annotations'],
      body: {
        type: 'application/json',
        text: JSON.stringify({
          dashboardUID: dashboard,
          time: from.getTime(),
          ...(until === undefined ? {} : { timeEnd: until.getTime() }),
          tags,
          text,
        }),
      },
    });
    const body = await answer.json();
    const id = typeof body === 'object' && body !== null && 'id' in body ? body['id'] : undefined;
    if (typeof id !== 'number')
      throw badResponse(this.#endpoint.shown, 'it names no annotation', { outcomeUnknown: true });
    return id;
  }

  /** @throws VigieError NOT_FOUND, REJECTED_BY_SERVER */
  async removeAnnotation(id: number): Promise<void> {
    const answer = await this.#send({ method: 'DELETE', path: ['annotations', String(id)] });
    answer.discard();
  }

  #send(request: Pick<EndpointRequest, 'method' | 'path' | 'body'>): Promise<EndpointAnswer> {
    const plain = plainRefusal(this.#endpoint.shown, 'REJECTED_BY_SERVER');
    return ask(this.#endpoint, {
      ...request,
      path: ['api', ...request.path],
      signal: this.#signal,
      deadlineMs: requestMs,
      maxBytes: answerBytes,
      // Another version stands there, another dashboard has the title, or a plugin owns it.
      refused: answer =>
        answer.status === 412 || answer.status === 409
          ? new VigieError('CONFLICT', plain(answer).message, {
              hint: 'Look at the dashboard and ask for the change anew.',
            })
          : plain(answer),
    });
  }
}
