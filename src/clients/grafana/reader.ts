import { VigieError } from '../../core/errors.ts';
import { type JsonObject, memberOf, objectsIn, textOf } from '../../core/json.ts';
import type { About } from '../../http/about.ts';
import { type Asked, askJson, findJson } from '../../http/ask.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { type Annotation, annotationOf } from './annotations.ts';

const requestMs = 10_000;
// The largest that people keep are some hundred kB.
const dashboardBytes = 8 * 1024 * 1024;
/** Notes of one dashboard at one time; whoever writes more has filled the screen. */
const mostAnnotations = 1_000;

/** A dashboard as a Grafana keeps it. */
export interface Dashboard {
  uid: string;
  version: number;
  /** Uid; empty: at the top. */
  folder: string;
  /** Its model without id, uid and version, which each Grafana gives itself. */
  model: JsonObject;
}

/** Asks a Grafana. */
export class GrafanaReader {
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
    const { body, time } = await askJson(this.#endpoint, this.#at(['health']));
    return { product: 'Grafana', version: textOf(body, 'version'), time };
  }

  /** One dashboard; undefined: there is none of that uid. Throws what an endpoint throws, and BAD_RESPONSE. */
  async dashboard(uid: string): Promise<Dashboard | undefined> {
    const found = await findJson(this.#endpoint, this.#at(['dashboards', 'uid', uid]));
    if (found === undefined) return undefined;
    const { body } = found;
    const dashboard = memberOf(body, 'dashboard');
    const version = dashboard?.['version'];
    if (dashboard === undefined || typeof version !== 'number' || textOf(dashboard, 'uid') !== uid)
      throw this.#notOurs();
    const folder = textOf(memberOf(body, 'meta'), 'folderUid');
    return { uid, version, folder, model: bareModel(dashboard) };
  }

  /** Uids of the dashboards of exactly this title. */
  async uidsOf(title: string): Promise<string[]> {
    const query: [string, string][] = [
      ['query', title],
      ['type', 'dash-db'],
      ['limit', '100'],
    ];
    return (await this.#list(['search'], query))
      .filter(each => textOf(each, 'title') === title)
      .map(each => textOf(each, 'uid'));
  }

  /** The notes on one dashboard that people or programs made, those of a time: alerts' own are left out. */
  async annotations(dashboard: string, { from, until }: { from: Date; until: Date }): Promise<Annotation[]> {
    const query: [string, string][] = [
      ['dashboardUID', dashboard],
      ['type', 'annotation'],
      ['from', String(from.getTime())],
      ['to', String(until.getTime())],
      ['limit', String(mostAnnotations)],
    ];
    const found = await this.#list(['annotations'], query);
    return found.flatMap(each => annotationOf(each) ?? []);
  }

  async #list(path: string[], query: [string, string][]): Promise<JsonObject[]> {
    const { body } = await askJson(this.#endpoint, this.#at(path, query));
    if (!Array.isArray(body)) throw this.#notOurs();
    return objectsIn(body);
  }

  #notOurs(): VigieError {
    return new VigieError('BAD_RESPONSE', `${this.shown} does not answer as Grafana does.`, {
      hint: 'Name the place of its API: environments.NAME.metrics.grafana in vigie.yaml.',
    });
  }

  #at(path: string[], query: [string, string][] = []): Asked {
    const to = { path: ['api', ...path], query, signal: this.#signal };
    return { ...to, deadlineMs: requestMs, maxBytes: dashboardBytes };
  }
}

/** A model without what a Grafana gives it. */
export function bareModel(model: JsonObject): JsonObject {
  const { id: _, uid: __, version: ___, ...bare } = model;
  return bare;
}
