import * as z from 'zod';
import { metricsSystems } from '../../core/system-names.ts';
import { namespaceName } from '../dns-label.ts';
import { parseDuration } from '../duration.ts';
import { type EndpointConfig, endpointText, readEndpoint } from './endpoint.ts';
import type { Aliases } from './reference.ts';

type MetricsSystem = (typeof metricsSystems)[number];

/** What stands under `metrics` of an environment. */
export interface MetricsConfig extends Partial<Record<MetricsSystem, EndpointConfig>> {
  /** Where rules are written: files of one folder, or resources of one namespace. */
  rules?:
    | { in: 'directory'; directory: string }
    | { in: 'resources'; resource: 'PrometheusRule' | 'VMRule'; namespace: string };
  slos: ReadonlyMap<string, SloConfig>;
}

interface SloConfig {
  /** Percent. */
  objective: number;
  windowSeconds: number;
  good: string;
  total: string;
}

/** More belong into more environments: each is asked for over four windows. */
const mostSlos = 100;
const shortestWindowSeconds = 3600;
const longestWindowSeconds = 90 * 24 * 3600;

const countQuery = z
  .string()
  .max(4096)
  .refine(text => text.includes('$window'), 'must hold $window where the duration goes: rate(x[$window])');

export const sloSection = z.strictObject({
  objective: z.number().gt(0).lt(100),
  window: z
    .string()
    .transform(text => parseDuration(text) ?? Number.NaN)
    .refine(
      seconds => seconds >= shortestWindowSeconds && seconds <= longestWindowSeconds,
      'must be a duration from 1h to 90d, like 30d',
    ),
  good: countQuery,
  total: countQuery,
});

export const rulesSection = z.strictObject({
  directory: z.string().startsWith('/', 'must be an absolute path').max(4096).optional(),
  resource: z.enum(['PrometheusRule', 'VMRule']).optional(),
  namespace: namespaceName.optional(),
});

const endpointTexts: Record<MetricsSystem, typeof endpointText> = {
  prometheus: endpointText,
  vmalert: endpointText,
  alertmanager: endpointText,
  grafana: endpointText,
};

export const metricsSection = z.strictObject({
  ...endpointTexts,
  rules: rulesSection.optional(),
  slos: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/), sloSection)
    .refine(slos => Object.keys(slos).length <= mostSlos, `must be at most ${mostSlos}`)
    .default({}),
});

export function readMetrics(text: z.output<typeof metricsSection>, at: Aliases): MetricsConfig {
  const endpoints: Partial<Record<MetricsSystem, EndpointConfig>> = {};
  for (const name of metricsSystems) {
    const written = text[name];
    if (written !== undefined) endpoints[name] = readEndpoint(written, { ...at, path: ['metrics', name] });
  }
  return {
    ...endpoints,
    ...(text.rules === undefined ? {} : { rules: readRules(text.rules, at) }),
    slos: new Map(
      Object.entries(text.slos).map(([name, { window, ...slo }]) => [
        name,
        { ...slo, windowSeconds: window },
      ]),
    ),
  };
}

function readRules(
  { directory, resource, namespace }: z.output<typeof rulesSection>,
  { fail }: Aliases,
): NonNullable<MetricsConfig['rules']> {
  const path = ['metrics', 'rules'];
  if (directory !== undefined) {
    if (resource !== undefined || namespace !== undefined)
      fail([...path, 'directory'], 'cannot go with resource and namespace');
    return { in: 'directory', directory };
  }
  if (resource === undefined || namespace === undefined)
    return fail(path, 'needs directory, or resource and namespace');
  return { in: 'resources', resource, namespace };
}
