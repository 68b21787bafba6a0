import { VigieError } from '../../core/errors.ts';
import { isObject, type JsonObject, listOf, memberOf, textOf, textsIn } from '../../core/json.ts';
import { cleanLine } from '../../core/text.ts';
import type { About } from '../../http/about.ts';
import { ask } from '../../http/ask.ts';
import { type Endpoint, type EndpointAnswer, timeOf } from '../../http/endpoint.ts';
import { labelInPath } from './labels.ts';
import type { SeriesPoints } from './read-points.ts';
import { refusalOf, whyGivenUp } from './refusals.ts';
import { type Group, groupOf } from './rules.ts';
import { SeriesStream } from './series-stream.ts';
import { type Target, targetOf } from './targets.ts';

const aboutMs = 10_000;
const aboutBytes = 1024 * 1024;
// Servers give a query up after two minutes by themselves; who asks does not wait so long.
const queryMs = 60_000;
// Two million points; a larger answer is one that was not bounded.
const queryBytes = 96 * 1024 * 1024;
// A hundred thousand names of 300 characters; the largest servers have a third of that.
const listBytes = 32 * 1024 * 1024;
// Of a warning of the server, with the query in it, which may be long.
const saidChars = 600;

/** Which of the two speaks: they differ in what they let a query say. */
export type Flavour = 'Prometheus' | 'VictoriaMetrics';

/** What came with the series. */
export interface Answered {
  /** Of a query that is one number, such as `scalar(…)`. */
  scalar?: { time: number; value: number };
  /** Warnings and remarks of the server. */
  said: string[];
  /** Some of its storage did not answer. */
  partial: boolean;
  /** By the server's clock. */
  time: Date | undefined;
}

/** A metric as its exporter describes it. */
export interface Described {
  type: string;
  help: string;
}

/** Asks Prometheus, VictoriaMetrics or what speaks like them. */
export class PrometheusReader {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;
  #server: Promise<{ flavour: Flavour; time: Date | undefined }> | undefined;

  /** `signal`: the call's, which reaches every request. */
  constructor(endpoint: Endpoint, { signal }: { signal: AbortSignal }) {
    this.#endpoint = endpoint;
    this.#signal = signal;
  }

  get shown(): string {
    return this.#endpoint.shown;
  }

  async about(): Promise<About> {
    const answer = await this.#get(['status', 'buildinfo'], { deadlineMs: aboutMs, maxBytes: aboutBytes });
    const time = timeOf(answer);
    // VictoriaMetrics names a version of Prometheus that some dashboards insist on, and not its own.
    const build = memberOf(await answer.json(), 'data');
    return textOf(build, 'goVersion') === ''
      ? { product: 'VictoriaMetrics', version: '', time }
      : { product: 'Prometheus', version: textOf(build, 'version'), time };
  }

  /**
   * What speaks, and what time it is there; asked once a call. A server that does not say what it is, as some that only
   * speak like Prometheus, is taken for one that may know more than PromQL.
   */
  server(): Promise<{ flavour: Flavour; time: Date | undefined }> {
    this.#server ??= this.about().then(
      ({ product, time }) => ({ flavour: product === 'Prometheus' ? product : 'VictoriaMetrics', time }),
      (error: unknown) => {
        if (!(error instanceof VigieError) || error.code !== 'NOT_FOUND') throw error;
        return { flavour: 'VictoriaMetrics', time: undefined };
      },
    );
    return this.#server;
  }

  /**
   * The value of each series at one time. `each` gets them as they come, in arrays that are used again. `fresh`: samples
   * too that the server would keep back because others of their time may be on their way.
   * @throws VigieError INVALID_INPUT where the server does not take the query, and whatever an endpoint throws
   */
  async query(
    asked: { query: string; atSeconds: number; fresh?: true },
    each: (series: SeriesPoints) => void,
  ): Promise<Answered> {
    const query = {
      query: asked.query,
      time: String(asked.atSeconds),
      // VictoriaMetrics keeps back what is younger than half a minute, unless it is told otherwise.
      ...(asked.fresh === undefined ? {} : { latency_offset: '1ms' }),
    };
    return this.#stream(['query'], { query, each });
  }

  /** The values of each series from one time to another, both included. @throws as `query` */
  async queryRange(
    asked: { query: string; fromSeconds: number; toSeconds: number; stepSeconds: number },
    each: (series: SeriesPoints) => void,
  ): Promise<Answered> {
    const query = {
      query: asked.query,
      start: String(asked.fromSeconds),
      end: String(asked.toSeconds),
      step: String(asked.stepSeconds),
    };
    return this.#stream(['query_range'], { query, each });
  }

  /** A query whose answer is one number; undefined where it has none. */
  async number(asked: { query: string; atSeconds: number; fresh?: true }): Promise<number | undefined> {
    let last: number | undefined;
    const { scalar } = await this.query(asked, ({ values, count }) => {
      last ??= count > 0 ? values[0] : undefined;
    });
    return scalar?.value ?? last;
  }

  /** Names of labels. `match`: only of series that a selector takes. */
  async labelNames(asked: { match?: string; fromSeconds: number; toSeconds: number }): Promise<string[]> {
    return this.#names(['labels'], asked);
  }

  /** Values of one label; of `__name__` the names of metrics. */
  async labelValues(
    label: string,
    asked: { match?: string; fromSeconds: number; toSeconds: number },
  ): Promise<string[]> {
    return this.#names(['label', labelInPath(label), 'values'], asked);
  }

  /** What exporters say about their metrics; empty where the server keeps nothing of it. */
  async metadata(asked: { metric?: string } = {}): Promise<Map<string, Described>> {
    const query: [string, string][] = [['limit_per_metric', '1']];
    if (asked.metric !== undefined) query.push(['metric', asked.metric]);
    const data = memberOf(await this.#read(['metadata'], { query, maxBytes: listBytes }), 'data') ?? {};
    return new Map(
      Object.entries(data).map(([name, entries]) => {
        const first = Array.isArray(entries) && isObject(entries[0]) ? entries[0] : {};
        return [name, { type: textOf(first, 'type'), help: textOf(first, 'help') }];
      }),
    );
  }

  /** The rules that the server evaluates itself, with the alerts that each has now; VictoriaMetrics leaves them to vmalert. */
  async rules(): Promise<Group[]> {
    const body = await this.#read(['rules'], { query: [], maxBytes: listBytes });
    return listOf(memberOf(body, 'data'), 'groups').map(groupOf);
  }

  /** A query as the server itself would write it; undefined where it does not say. */
  async formatted(query: string): Promise<string | undefined> {
    try {
      const body = await this.#read(['format_query'], { query: [['query', query]], maxBytes: aboutBytes });
      return textOf(body, 'data');
    } catch (error) {
      const unsaid = error instanceof VigieError && ['NOT_FOUND', 'INVALID_INPUT'].includes(error.code);
      if (!unsaid) throw error;
      return undefined;
    }
  }

  /** The labels that it gives every rule: none. */
  async addedLabels(): Promise<Readonly<Record<string, string>>> {
    return {};
  }

  /** How a flag of its command line stands; undefined where the server does not say. */
  async flag(name: string): Promise<string | undefined> {
    try {
      const body = await this.#read(['status', 'flags'], { query: [], maxBytes: aboutBytes });
      return textOf(memberOf(body, 'data'), name);
    } catch (error) {
      if (!(error instanceof VigieError) || error.code !== 'NOT_FOUND') throw error;
      return undefined;
    }
  }

  /** What is scraped now, and how that went. */
  async targets(): Promise<Target[]> {
    const body = await this.#read(['targets'], { query: [['state', 'active']], maxBytes: listBytes });
    return listOf(memberOf(body, 'data'), 'activeTargets').map(targetOf);
  }

  /** How many series there are; undefined where the server does not say. */
  async seriesTotal(): Promise<number | undefined> {
    const body = await this.#read(['status', 'tsdb'], { query: [['limit', '1']], maxBytes: aboutBytes });
    const data = memberOf(body, 'data');
    const total = memberOf(data, 'headStats')?.['numSeries'] ?? data?.['totalSeries'];
    return typeof total === 'number' ? total : undefined;
  }

  async #names(
    path: string[],
    { match, fromSeconds, toSeconds }: { match?: string; fromSeconds: number; toSeconds: number },
  ): Promise<string[]> {
    const query: [string, string][] = [
      ['start', String(fromSeconds)],
      ['end', String(toSeconds)],
    ];
    if (match !== undefined) query.push(['match[]', match]);
    const body = await this.#read(path, { query, maxBytes: listBytes });
    return textsIn(body['data']);
  }

  async #read(path: string[], asked: { query: [string, string][]; maxBytes: number }): Promise<JsonObject> {
    const answer = await this.#get(path, { ...asked, deadlineMs: queryMs });
    const body = await answer.json();
    if (!isObject(body) || body['status'] !== 'success') throw this.#notOurs();
    return body;
  }

  async #stream(
    path: string[],
    { query, each }: { query: Record<string, string>; each: (series: SeriesPoints) => void },
  ): Promise<Answered> {
    const answer = await this.#get(path, {
      query: Object.entries(query),
      deadlineMs: queryMs,
      maxBytes: queryBytes,
    });
    const stream = new SeriesStream(this.shown, each);
    for await (const chunk of answer.body) stream.push(chunk);
    const around = stream.end();
    if (around['status'] !== 'success') throw this.#notOurs();
    const data = memberOf(around, 'data');
    const result = data?.['resultType'] === 'scalar' ? data['result'] : undefined;
    const [time, value] = Array.isArray(result) ? result : [];
    return {
      ...(typeof time === 'number' ? { scalar: { time, value: scalarOf(value) } } : {}),
      said: [...textsIn(around['warnings']), ...textsIn(around['infos'])].map(text =>
        cleanLine(text, saidChars),
      ),
      partial: around['isPartial'] === true,
      time: timeOf(answer),
    };
  }

  #get(
    path: string[],
    asked: { query?: [string, string][]; deadlineMs: number; maxBytes: number },
  ): Promise<EndpointAnswer> {
    return ask(this.#endpoint, {
      ...asked,
      path: ['api', 'v1', ...path],
      signal: this.#signal,
      refused: ({ status, said }) => refusalOf(status, { said, shown: this.shown }),
    }).catch((error: unknown) => {
      throw whyGivenUp(error, this.shown);
    });
  }

  #notOurs(): VigieError {
    return new VigieError('BAD_RESPONSE', `${this.shown} does not answer as Prometheus does.`, {
      hint: 'Name the place of its API: environments.NAME.metrics.prometheus in vigie.yaml.',
    });
  }
}

function scalarOf(value: unknown): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY;
  return value === '-Inf' ? Number.NEGATIVE_INFINITY : Number(value);
}
