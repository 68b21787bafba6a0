import type * as z from 'zod';
import { isObject } from '../../core/json.ts';
import { SecretReference } from '../../core/secret-reference.ts';
import { logsSystems, metricsSystems } from '../../core/system-names.ts';
import { type BackupsConfig, backupSections, backupsSection, readBackups } from './backups.ts';
import { type DataConfig, dataSection, dataSections, readData } from './data.ts';
import { endpointSection, serviceSection } from './endpoint.ts';
import { type LogsConfig, logsSection, readLogs } from './logs.ts';
import { type MetricsConfig, metricsSection, readMetrics, rulesSection, sloSection } from './metrics.ts';
import type { Aliases } from './reference.ts';

/** What an environment has beside a cluster, or instead of one. */
export interface Integrations {
  metrics?: MetricsConfig;
  logs?: LogsConfig;
  backups?: BackupsConfig;
  data?: DataConfig;
}

/** Families of tools beside those that everybody has: the sections of any environment, and playbooks where vigie.yaml speaks of them. */
export function familiesOf({
  environments,
  playbooks,
}: {
  environments: readonly { integrations: Integrations }[];
  playbooks: object;
}): string[] {
  const sections = new Set(environments.flatMap(({ integrations }) => Object.keys(integrations)));
  return [...(Object.keys(playbooks).length === 0 ? [] : ['playbooks']), ...sections];
}

/** The keys that they are written under, in an environment. */
export const integrationKeys = {
  metrics: metricsSection.optional(),
  logs: logsSection.optional(),
  backups: backupsSection.optional(),
  data: dataSection.optional(),
};

/** Their sections, by the path below an environment; NAME is one that the file chooses. */
export const integrationSections: Readonly<Record<string, z.core.$ZodLooseShape>> = {
  metrics: metricsSection.shape,
  ...endpointSections('metrics', metricsSystems),
  'metrics.rules': rulesSection.shape,
  'metrics.slos.NAME': sloSection.shape,
  logs: logsSection.shape,
  ...endpointSections('logs', logsSystems),
  ...backupSections,
  ...dataSections,
};

function endpointSections(
  section: string,
  systems: readonly string[],
): Record<string, z.core.$ZodLooseShape> {
  return Object.fromEntries(
    systems.flatMap(name => [
      [`${section}.${name}`, endpointSection.shape],
      [`${section}.${name}.service`, serviceSection.shape],
    ]),
  );
}

type IntegrationsText = {
  [Key in keyof typeof integrationKeys]?: z.output<(typeof integrationKeys)[Key]>;
};

export function readIntegrations(
  { metrics, logs, backups, data }: IntegrationsText,
  at: Aliases,
): Integrations {
  return {
    ...(metrics === undefined ? {} : { metrics: readMetrics(metrics, at) }),
    ...(logs === undefined ? {} : { logs: readLogs(logs, at) }),
    ...(backups === undefined ? {} : { backups: readBackups(backups, at) }),
    ...(data === undefined ? {} : { data: readData(data, at) }),
  };
}

/**
 * As the hash of the policy covers them; undefined where there are none, as before there were any. Objectives and wished
 * schedules are left out: they say what is good and what is wanted, and lead nowhere.
 */
export function integrationFacts(integrations: Integrations): unknown {
  if (Object.keys(integrations).length === 0) return undefined;
  const { metrics, backups, ...others } = integrations;
  const facts = { ...others, ...(backups === undefined ? {} : { backups: withoutWishes(backups) }) };
  if (metrics === undefined) return plainFacts(facts);
  const { slos: _, ...leading } = metrics;
  return plainFacts({ ...facts, metrics: leading });
}

/**
 * As a place without a cluster is known by them: what changes are sent to. Services that are only looked at are left out,
 * and sets of backups too: where each leads stands in every change of it.
 */
export function placeFacts({ metrics, logs, backups }: Integrations): unknown {
  const leading = {
    ...(metrics === undefined ? {} : { metrics }),
    ...(logs === undefined ? {} : { logs }),
    ...(backups === undefined ? {} : { backups: { ...backups, sets: new Map() } }),
  };
  return integrationFacts(leading);
}

function withoutWishes({ sets, ...backups }: BackupsConfig): unknown {
  const named = [...sets].map(([name, set]) => [name, { ...set, schedule: undefined }]);
  return { ...backups, sets: Object.fromEntries(named) };
}

/** Everything as plain data; references as they are written. */
function plainFacts(value: unknown): unknown {
  if (SecretReference.is(value)) return value.toString();
  if (value instanceof Map) return plainFacts(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(plainFacts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainFacts(item)]));
}

/** The files that credentials and authorities are read from, with the key that names each. */
export function filesOf(integrations: Integrations): { what: string; path: string; secret: boolean }[] {
  return filesIn(integrations, []);
}

function filesIn(value: unknown, path: readonly string[]): ReturnType<typeof filesOf> {
  if (SecretReference.is(value))
    return value.source === 'file' ? [{ what: path.join('.'), path: value.locator, secret: true }] : [];
  if (path.at(-1) === 'caFile' && typeof value === 'string')
    return [{ what: path.join('.'), path: value, secret: false }];
  if (value instanceof Map) return filesIn(Object.fromEntries(value), path);
  if (Array.isArray(value)) return value.flatMap((item: unknown) => filesIn(item, path));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => filesIn(item, [...path, key]));
}
