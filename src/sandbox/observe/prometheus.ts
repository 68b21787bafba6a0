import type { Json } from '../../core/json.ts';
import type { Cluster } from '../cluster.ts';
import { evaluate, type Result, selected } from './evaluate.ts';
import { NotSimulated, type Pattern, parseExpression, parseSelector } from './expression.ts';
import { described, seriesOf } from './samples.ts';

/** What the simulated Prometheus answers: the body of its API with its status. */
export interface ObservedAnswer {
  status: number;
  body: Json;
}

// As Prometheus itself bounds a series.
const mostSteps = 11_000;

/** Answers one GET below `/api/v1`; `path`: what follows it. */
export async function answerPrometheus(
  cluster: Cluster,
  { path, query }: { path: readonly string[]; query: URLSearchParams },
): Promise<ObservedAnswer> {
  const { RE2JS } = await import('re2js');
  const pattern: Pattern = text => {
    try {
      const compiled = RE2JS.compile(`^(?:${text})$`);
      return value => compiled.test(value);
    } catch {
      throw new NotSimulated('a pattern that is no RE2');
    }
  };
  try {
    return { status: 200, body: { status: 'success', data: dataOf(cluster, { path, query, pattern }) } };
  } catch (error) {
    if (!(error instanceof NotSimulated)) throw error;
    const body = {
      status: 'error',
      errorType: 'execution',
      error: `the sandbox does not simulate ${error.message}`,
    };
    return { status: 422, body };
  }
}

function dataOf(
  cluster: Cluster,
  asked: { path: readonly string[]; query: URLSearchParams; pattern: Pattern },
): Json {
  const { path, query, pattern } = asked;
  const matching = () => {
    const all = seriesOf(cluster);
    const matches = query.getAll('match[]').map(text => parseSelector(text, pattern));
    return matches.length === 0 ? all : matches.flatMap(selector => selected(all, selector));
  };
  const [first, second, third] = path;
  switch (path.join('/')) {
    case 'query': {
      const ms = timeIn(query.get('time'), cluster.clock.now());
      const results = run(cluster, { asked, times: [ms] });
      return {
        resultType: 'vector',
        result: results.map(({ labels, points }) => ({ metric: labels, value: pointOf(points[0], ms) })),
      };
    }
    case 'query_range':
      return {
        resultType: 'matrix',
        result: run(cluster, { asked, times: timesOf(query, cluster.clock.now()) }).map(
          ({ labels, points }) => ({
            metric: labels,
            values: points.map(point => pointOf(point, point.ms)),
          }),
        ),
      };
    case 'labels':
      return [...new Set(matching().flatMap(({ labels }) => Object.keys(labels)))].sort();
    case 'metadata': {
      const metric = query.get('metric');
      const known = Object.entries(described).filter(([name]) => metric === null || metric === name);
      return Object.fromEntries(known.map(([name, [type, help]]) => [name, [{ type, help, unit: '' }]]));
    }
    case 'rules':
      return { groups: [] };
    case 'alerts':
      return { alerts: [] };
    case 'status/buildinfo':
      return { version: '3.0.0-simulated', revision: '', branch: '', goVersion: 'simulated' };
    default:
  }
  if (first === 'label' && second !== undefined && third === 'values' && path.length === 3)
    return [...new Set(matching().flatMap(({ labels }) => labels[second] ?? []))].sort();
  throw new NotSimulated('that part of the API of Prometheus');
}

function run(
  cluster: Cluster,
  { asked, times }: { asked: { query: URLSearchParams; pattern: Pattern }; times: readonly number[] },
): Result[] {
  const expression = parseExpression(asked.query.get('query') ?? '', asked.pattern);
  return evaluate(expression, { series: seriesOf(cluster), times }).filter(({ points }) => points.length > 0);
}

function pointOf(point: Result['points'][number] | undefined, ms: number): Json {
  return [ms / 1_000, String(point?.value ?? 0)];
}

function timesOf(query: URLSearchParams, nowMs: number): number[] {
  const [from, to] = [timeIn(query.get('start'), nowMs), timeIn(query.get('end'), nowMs)];
  const stepMs = Number(query.get('step') ?? '60') * 1_000;
  const steps = Math.floor((to - from) / stepMs) + 1;
  if (!(stepMs > 0) || !(steps <= mostSteps))
    throw new NotSimulated(`more than ${mostSteps} steps, or a step that is no number of seconds`);
  return Array.from({ length: Math.max(0, steps) }, (_, index) => from + index * stepMs).filter(
    ms => ms <= nowMs,
  );
}

function timeIn(text: string | null, nowMs: number): number {
  if (text === null) return nowMs;
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text);
  if (Number.isNaN(ms)) throw new NotSimulated('a time that is none');
  return ms;
}
