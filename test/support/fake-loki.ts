import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/*
 * A fake of Loki, written from the documentation of its HTTP API: query_range and query of lines and of a few metric
 * queries, labels, build information, the limits of entries and of a query's length with their texts, and the tenant.
 * Of LogQL it knows selectors, line filters, label filters, rate, count_over_time, sum and sum by. No test that runs on it
 * shows anything about a real Loki.
 */

export interface FakeLoki {
  url: string;
  /** Every query that came, with its path. */
  seen: URL[];
  /** Adds lines to the stream of these labels, in any order. */
  push(labels: Record<string, string>, entries: readonly (readonly [at: bigint, line: string])[]): void;
}

interface Settings {
  /** max_entries_limit_per_query. */
  mostEntries?: number;
  /** max_query_length in hours; absent: any. */
  mostHours?: number;
  /** What X-Scope-OrgID must say. */
  tenant?: string;
  /** Answers in its place: returns true when it did. */
  meddle?: (asked: { url: URL; response: ServerResponse; nth: number }) => boolean;
}

interface Entry {
  at: bigint;
  line: string;
  labels: Record<string, string>;
}

/** Starts a fake Loki on a free port; it ends with the test. */
export async function startFakeLoki(settings: Settings = {}): Promise<FakeLoki> {
  const entries: Entry[] = [];
  const seen: URL[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    seen.push(url);
    if (settings.meddle?.({ url, response, nth: seen.length }) === true) return;
    const org = request.headers['x-scope-orgid'];
    if (settings.tenant !== undefined && org !== settings.tenant) return refuse(response, 401, 'no org id');
    answer({ url, response, entries, settings });
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>(resolve => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    push: (labels, lines) => {
      for (const [at, line] of lines) entries.push({ at, line, labels });
    },
  };
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function answer(of: { url: URL; response: ServerResponse; entries: Entry[]; settings: Settings }): void {
  const { url, response, entries, settings } = of;
  const { pathname, searchParams } = url;
  const path = pathname.replace(/^\/loki\/api\/v1\//, '');
  if (path === 'status/buildinfo') return send(response, { version: '3.5.0', revision: 'fake' });
  if (path === 'labels') {
    const names = new Set(entries.flatMap(({ labels }) => Object.keys(labels)));
    return send(response, { status: 'success', data: [...names].sort() });
  }
  if (path !== 'query_range' && path !== 'query') return refuse(response, 404, '404 page not found');
  const query = searchParams.get('query') ?? '';
  const at = BigInt(searchParams.get('time') ?? '0');
  const [from, to] = [BigInt(searchParams.get('start') ?? '0'), BigInt(searchParams.get('end') ?? '0')];
  const hours = Number((to - from) / 3_600_000_000_000n);
  if (settings.mostHours !== undefined && hours > settings.mostHours) {
    const why = `the query time range exceeds the limit (query length: ${hours}h0m0s, limit: ${settings.mostHours}h)`;
    return refuse(response, 400, why);
  }
  const limit = Number(searchParams.get('limit') ?? '100');
  const most = settings.mostEntries ?? 5_000;
  if (limit > most) {
    const why = `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${most})`;
    return refuse(response, 400, why);
  }
  const metric = metricOf(query);
  if (metric === undefined) {
    const found = entries.filter(entry => entry.at >= from && entry.at < to && matches(query, entry));
    return send(response, linesAnswer(found, limit));
  }
  if (path === 'query') {
    const result = series(metric, { entries, times: [at] });
    const vector = result.map(({ labels, values }) => ({
      metric: labels,
      value: [Number(at / 1_000_000_000n), values[0]],
    }));
    return send(response, { status: 'success', data: { resultType: 'vector', result: vector } });
  }
  const step = BigInt(Math.round(Number(searchParams.get('step') ?? '60') * 1e9));
  const times: bigint[] = [];
  for (let time = from; time <= to; time += step) times.push(time);
  const matrix = series(metric, { entries, times }).map(({ labels, values }) => ({
    metric: labels,
    values: values.map((value, index) => [Number((times[index] ?? 0n) / 1_000_000_000n), value]),
  }));
  send(response, { status: 'success', data: { resultType: 'matrix', result: matrix } });
}

function linesAnswer(found: Entry[], limit: number): unknown {
  const newest = found.toSorted((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0));
  const streams = Map.groupBy(newest.slice(0, limit), ({ labels }) => JSON.stringify(labels));
  const result = [...streams.values()].map(lines => ({
    stream: lines[0]?.labels,
    values: lines.map(({ at, line }) => [String(at), line]),
  }));
  return { status: 'success', data: { resultType: 'streams', result, stats: {} } };
}

interface Metric {
  inner: string;
  rangeSeconds: number;
  rate: boolean;
  by: string[] | undefined;
}

function metricOf(query: string): Metric | undefined {
  const summed = /^sum(?: by \(([^)]*)\))? ?\((.*)\)$/s.exec(query);
  const [, op, inner, amount, unit] =
    /^(rate|count_over_time)\((.*)\[(\d+)(s|m|h)\]\)$/s.exec(summed?.[2] ?? query) ?? [];
  if (op === undefined || inner === undefined) return undefined;
  const rangeSeconds = Number(amount) * (unit === 'h' ? 3_600 : unit === 'm' ? 60 : 1);
  const labels = summed?.[1]?.split(',').map(label => label.trim());
  return { inner, rangeSeconds, rate: op === 'rate', by: labels ?? (summed === null ? undefined : []) };
}

function series(metric: Metric, of: { entries: readonly Entry[]; times: readonly bigint[] }) {
  const found = of.entries.filter(entry => matches(metric.inner, entry));
  const grouped = Map.groupBy(found, ({ labels }) =>
    JSON.stringify(
      metric.by === undefined ? labels : Object.fromEntries(metric.by.map(name => [name, labels[name]])),
    ),
  );
  const range = BigInt(metric.rangeSeconds) * 1_000_000_000n;
  return [...grouped].map(([key, some]) => ({
    labels: JSON.parse(key) as Record<string, string>,
    values: of.times.map(time => {
      const count = some.filter(({ at }) => at > time - range && at <= time).length;
      return String(metric.rate ? count / metric.rangeSeconds : count);
    }),
  }));
}

const text = String.raw`("(?:[^"\\]|\\.)*"|${'`[^`]*`'})`;

function matches(query: string, { labels, line }: Entry): boolean {
  const [whole = '', selector = ''] = /^\s*\{((?:"(?:[^"\\]|\\.)*"|[^}"])*)\}/.exec(query) ?? [];
  const stages = query.slice(whole.length);
  const labelled = new RegExp(String.raw`(\w+)\s*(=~|!~|!=|=)\s*${text}`, 'g');
  const filters = new RegExp(String.raw`(\|=|!=|\|~|!~)\s*${text}`, 'g');
  // A stage of its own begins with a bar that no filter has.
  const labelStages = [
    ...stages.matchAll(new RegExp(String.raw`\|\s+(\w+\s*(?:=~|!~|!=|=)\s*${text})`, 'g')),
  ];
  const compared = [
    ...selector.matchAll(labelled),
    ...labelStages.flatMap(stage => [...(stage[1] ?? '').matchAll(labelled)]),
  ];
  const plain = labelStages.reduce((rest, stage) => rest.replace(stage[0], ''), stages);
  return (
    compared.every(([, name = '', op = '', value = '']) =>
      holds(op, { text: labels[name] ?? '', value, whole: true }),
    ) &&
    [...plain.matchAll(filters)].every(([, op = '', value = '']) =>
      holds(op, { text: line, value, whole: false }),
    )
  );
}

function holds(op: string, of: { text: string; value: string; whole: boolean }): boolean {
  const value = of.value.startsWith('`') ? of.value.slice(1, -1) : (JSON.parse(of.value) as string);
  const pattern = () => new RegExp(of.whole ? `^(?:${value})$` : value, 's').test(of.text);
  switch (op) {
    case '=':
      return of.text === value;
    case '|=':
      return of.text.includes(value);
    case '!=':
      return of.whole ? of.text !== value : !of.text.includes(value);
    case '!~':
      return !pattern();
    default:
      return pattern();
  }
}
