import { isObject, type JsonObject, listOf, memberOf, textOf, textsIn } from '../../core/json.ts';
import type { About } from '../../http/about.ts';
import { askJson } from '../../http/ask.ts';
import { badResponse } from '../../http/bad-response.ts';
import type { Endpoint } from '../../http/endpoint.ts';
import { type LokiEntry, newestPages } from './pages.ts';
import { refusalOf } from './refusals.ts';

const aboutMs = 10_000;
const aboutBytes = 1024 * 1024;
// Loki ends a query after a minute by itself unless it was told otherwise.
const queryMs = 60_000;
// As many lines of 2 kB as a page has, with their labels; larger ones are asked for in smaller pages.
const pageBytes = 32 * 1024 * 1024;
// Eleven thousand points of a series are 300 kB; there are 500 series at most unless a server was told otherwise.
const metricBytes = 64 * 1024 * 1024;

/** One series of a metric query; a value that is no number stands as NaN. */
export interface LokiSeries {
  labels: Readonly<Record<string, string>>;
  values: number[];
}

/** A time, its end not included, in nanoseconds since 1970. */
export interface Span {
  from: bigint;
  to: bigint;
}

/**
 * Asks a Loki. Every method may throw VigieError INVALID_INPUT (the query is refused, or a limit of the server is
 * passed), and what Endpoint.send throws.
 */
export class LokiReader {
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
    const { body, time } = await this.#get(['status', 'buildinfo'], { deadlineMs: aboutMs });
    return { product: 'Loki', version: textOf(body, 'version'), time };
  }

  /** Names of the labels that streams had lately (six hours unless the server was told otherwise). */
  async labels(): Promise<string[]> {
    const { body } = await this.#get(['labels'], { deadlineMs: aboutMs });
    return textsIn(isObject(body) ? body['data'] : undefined);
  }

  /**
   * The lines of a query, page by page, the newest page first; within a page as they came. Each line comes once, however
   * many have its time, unless they are more than the server gives in a page: `lost` hears of such a time. The pages end
   * with the time, or when who reads has enough.
   */
  pages(
    query: string,
    { lost, ...span }: Span & { lost: (at: bigint) => void },
  ): AsyncGenerator<LokiEntry[]> {
    return newestPages(span, ({ from, to, limit }) => this.#page(query, { from, to, limit }), lost);
  }

  /** The series of a metric query over a time, a value a step. */
  async range(query: string, asked: Span & { stepSeconds: number }): Promise<LokiSeries[]> {
    const body = await this.#data(['query_range'], {
      query: { query, ...spanOf(asked), step: String(asked.stepSeconds) },
      maxBytes: metricBytes,
    });
    if (body['resultType'] !== 'matrix') throw this.#notOurs();
    return listOf(body, 'result').map(series => ({
      labels: labelsIn(series['metric']),
      values: pairsIn(series['values']).map(([, value]) => Number(value)),
    }));
  }

  /** The sum of a metric query at one time; 0 where it has no series. */
  async number(query: string, at: bigint): Promise<number> {
    const body = await this.#data(['query'], { query: { query, time: String(at) } });
    const [first] = listOf(body, 'result');
    const [, value] = Array.isArray(first?.['value']) ? first['value'] : [];
    return first === undefined ? 0 : Number(value);
  }

  async #page(query: string, asked: Span & { limit: number }): Promise<LokiEntry[]> {
    const body = await this.#data(['query_range'], {
      query: { query, ...spanOf(asked), limit: String(asked.limit), direction: 'backward' },
      maxBytes: pageBytes,
    });
    if (body['resultType'] !== 'streams') throw this.#notOurs();
    return listOf(body, 'result').flatMap(stream => {
      const labels = labelsIn(stream['stream']);
      const key = JSON.stringify(labels);
      return pairsIn(stream['values']).map(([time, line]) => {
        if (!/^\d{1,19}$/.test(time)) throw badResponse(this.shown, 'a line of it has no time');
        return { at: BigInt(time), labels, stream: key, line };
      });
    });
  }

  async #data(
    path: string[],
    asked: { query: Record<string, string>; maxBytes?: number },
  ): Promise<JsonObject> {
    const { body } = await this.#get(path, { ...asked, deadlineMs: queryMs });
    const data = memberOf(body, 'data');
    if (textOf(body, 'status') !== 'success' || data === undefined) throw this.#notOurs();
    return data;
  }

  #get(
    path: string[],
    asked: { query?: Record<string, string>; deadlineMs: number; maxBytes?: number },
  ): ReturnType<typeof askJson> {
    const { query = {}, deadlineMs, maxBytes = aboutBytes } = asked;
    return askJson(this.#endpoint, {
      path: ['loki', 'api', 'v1', ...path],
      query: Object.entries(query),
      signal: this.#signal,
      deadlineMs,
      maxBytes,
      refused: ({ status, said }) => refusalOf(status, { said, shown: this.shown }),
    });
  }

  #notOurs(): Error {
    return badResponse(this.shown, 'it is not what Loki answers');
  }
}

function spanOf({ from, to }: Span): { start: string; end: string } {
  return { start: String(from), end: String(to) };
}

function labelsIn(value: unknown): Record<string, string> {
  const labels = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    labels.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  );
}

function pairsIn(value: unknown): [string, string][] {
  return Array.isArray(value)
    ? value.flatMap((pair): [string, string][] =>
        Array.isArray(pair) && typeof pair[1] === 'string' ? [[String(pair[0]), pair[1]]] : [],
      )
    : [];
}
