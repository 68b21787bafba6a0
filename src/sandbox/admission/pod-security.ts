import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import {
  baselineChecks,
  restrictedChecks,
  type SecurityCheck,
} from '../../kubernetes/pod-security/checks.ts';
import {
  type FieldProblem,
  invalid as invalidValue,
  isSame,
  objectOf,
} from '../../kubernetes/validation/problem.ts';
import type { Cluster } from '../cluster.ts';
import { minorOf } from '../releases.ts';
import { forbidden, invalid } from '../status.ts';
import type { Admission, AdmissionPlugin } from './plugin.ts';

const prefix = 'pod-security.kubernetes.io/';
const levels = ['privileged', 'baseline', 'restricted'];

/** What a namespace demands of its pods. */
interface Demand {
  level: string;
  version: string;
  /** The newest version of the standards that the cluster knows. */
  newest: number;
}

/**
 * The Pod Security Standards by the labels of the namespace: pods that break the enforced level are refused, pods and
 * workloads that break the warned one are warned of. A namespace that enforces and says nothing of warnings warns, too.
 */
export const podSecurity: AdmissionPlugin = {
  check(admission) {
    const { cluster, resource, object, live, user, warn } = admission;
    if (resource.kind === 'Namespace') judgeNamespace(admission);
    const pod = podSpecIn(object);
    const namespace = cluster.state.get('/namespaces', object.metadata.namespace ?? '');
    if (pod === undefined || namespace === undefined || resource.custom) return undefined;
    const isPod = resource.kind === 'Pod';
    // A pod is judged anew when somebody changes it, not when it gets its node.
    if (isPod && live !== undefined && (user === undefined || isSame(live.spec, object.spec)))
      return undefined;
    const enforced = demandOf(cluster, { of: namespace, mode: 'enforce' });
    const faults = isPod ? faultsOf(pod, enforced) : [];
    if (faults.length > 0) {
      const why = `violates PodSecurity "${enforced.level}:${enforced.version}": ${inDetail(faults)}`;
      throw forbidden(resource, { name: object.metadata.name, why });
    }
    const warned = demandOf(cluster, { of: namespace, mode: 'warn', otherwise: enforced });
    const concerns = faultsOf(pod, warned);
    if (concerns.length > 0)
      warn(`would violate PodSecurity "${warned.level}:${warned.version}": ${inDetail(concerns)}`);
    return undefined;
  },
};

function demandOf(
  { world }: Cluster,
  { of, mode, otherwise }: { of: KubeObject; mode: 'enforce' | 'warn'; otherwise?: Demand },
): Demand {
  const { labels = {} } = of.metadata;
  const level = labels[`${prefix}${mode}`];
  if (level === undefined && otherwise !== undefined) return otherwise;
  const version = labels[`${prefix}${mode}-version`] ?? 'latest';
  return { level: level ?? 'privileged', version, newest: minorOf(world) };
}

/** The spec of the pods that an object is or makes; undefined for other kinds. */
function podSpecIn({ kind, spec = {} }: KubeObject): JsonObject | undefined {
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

interface Fault {
  reason: string;
  detail: string;
}

function faultsOf(pod: JsonObject, demand: Demand): Fault[] {
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

function inDetail(faults: readonly Fault[]): string {
  return faults.map(({ reason, detail }) => `${reason} (${detail})`).join(', ');
}

/** Refuses labels that say nothing the server knows, and warns of pods that a stricter level would not have let in. */
function judgeNamespace({ cluster, object, live, warn }: Admission): void {
  const { name, labels = {} } = object.metadata;
  const before = live?.metadata.labels ?? {};
  const changed = Object.entries(labels).filter(
    ([key, value]) => key.startsWith(prefix) && before[key] !== value,
  );
  const causes = changed.flatMap(([key, value]) => labelProblems(key, value));
  if (causes.length > 0) {
    throw invalid(
      { apiVersion: 'v1', kind: 'Namespace', name },
      causes.map(({ reason, message, field }) => ({ reason, message, field })),
    );
  }
  const demand = demandOf(cluster, { of: object, mode: 'enforce' });
  if (live === undefined || isSame({ ...demand }, { ...demandOf(cluster, { of: live, mode: 'enforce' }) }))
    return;
  const groups = new Map<string, string[]>();
  for (const pod of cluster.state.list('/pods', `${name}/`)) {
    const faults = faultsOf(pod.spec ?? {}, demand).map(each => each.reason);
    if (faults.length === 0) continue;
    const reasons = faults.join(', ');
    groups.set(reasons, [...(groups.get(reasons) ?? []), pod.metadata.name]);
  }
  if (groups.size === 0) return;
  warn(
    `existing pods in namespace "${name}" violate the new PodSecurity enforce level "${demand.level}:${demand.version}"`,
  );
  const lines = [...groups].map(([reasons, [first, ...others]]) => {
    const more =
      others.length === 0 ? '' : ` (and ${others.length} other pod${others.length === 1 ? '' : 's'})`;
    return `${first}${more}: ${reasons}`;
  });
  for (const line of lines.sort()) warn(line);
}

function labelProblems(key: string, value: string): FieldProblem[] {
  const isVersion = key.endsWith('-version');
  const isFine = isVersion ? /^(latest|v1\.\d+)$/.test(value) : levels.includes(value);
  const detail = isVersion ? 'must be "latest" or "v1.x"' : `must be one of ${levels.join(', ')}`;
  return isFine ? [] : [invalidValue(`metadata.labels[${key}]`, { value, detail })];
}
