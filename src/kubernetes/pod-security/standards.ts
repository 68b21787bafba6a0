import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import { type FieldProblem, invalid, objectOf } from '../validation/problem.ts';
import { baselineChecks, restrictedChecks, type SecurityCheck } from './checks.ts';

const prefix = 'pod-security.kubernetes.io/';
const levels = ['privileged', 'baseline', 'restricted'];

/** What a namespace demands of its pods. */
export interface Demand {
  level: string;
  version: string;
  /** The newest minor version of the standards that the cluster knows. */
  newest: number;
}

/** What the labels of a namespace say; a mode they are silent on demands nothing, or what `otherwise` does. */
export function demandOf(
  { metadata: { labels = {} } }: KubeObject,
  { mode, newest, otherwise }: { mode: 'enforce' | 'warn'; newest: number; otherwise?: Demand },
): Demand {
  const level = labels[`${prefix}${mode}`];
  if (level === undefined && otherwise !== undefined) return otherwise;
  const version = labels[`${prefix}${mode}-version`] ?? 'latest';
  return { level: level ?? 'privileged', version, newest };
}

/** The spec of the pods that an object is or makes; undefined for other kinds. */
export function podSpecIn({ kind, spec = {} }: KubeObject): JsonObject | undefined {
  switch (kind) {
    case 'Pod':
      return spec;
    case 'CronJob':
      return objectOf(objectOf(objectOf(objectOf(spec, 'jobTemplate'), 'spec'), 'template'), 'spec');
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
      return objectOf(objectOf(spec, 'template'), 'spec');
    default:
      return undefined;
  }
}

export interface Fault {
  reason: string;
  detail: string;
}

/** What of a pod the demanded level does not allow. */
export function faultsOf(pod: JsonObject, demand: Demand): Fault[] {
  return checksOf(demand).flatMap(({ reason, fault }) => {
    const detail = fault(pod);
    return detail === undefined ? [] : [{ reason, detail }];
  });
}

function checksOf({ level, version, newest }: Demand): SecurityCheck[] {
  const minor = version === 'latest' ? newest : Math.min(newest, Number(version.slice('v1.'.length)));
  const known = ({ since = 0 }: SecurityCheck): boolean => since <= minor;
  if (level === 'privileged') return [];
  if (level === 'baseline') return baselineChecks.filter(known);
  const strict = restrictedChecks.filter(known);
  const replaced = new Set(strict.map(each => each.replaces));
  return [...baselineChecks.filter(each => known(each) && !replaced.has(each.id)), ...strict];
}

/** The faults in the words of the server. */
export function inDetail(faults: readonly Fault[]): string {
  return faults.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** What is wrong with those labels of a namespace that were not so before. */
export function labelProblems(
  labels: Record<string, string>,
  before: Record<string, string> = {},
): FieldProblem[] {
  return Object.entries(labels)
    .filter(([key, value]) => key.startsWith(prefix) && before[key] !== value)
    .flatMap(([key, value]) => {
      const isVersion = key.endsWith('-version');
      const isFine = isVersion ? /^(latest|v1\.\d+)$/.test(value) : levels.includes(value);
      const detail = isVersion ? 'must be "latest" or "v1.x"' : `must be one of ${levels.join(', ')}`;
      return isFine ? [] : [invalid(`metadata.labels[${key}]`, { value, detail })];
    });
}
