import {
  demandOf,
  faultsOf,
  inDetail,
  labelProblems,
  podSpecIn,
} from '../../kubernetes/pod-security/standards.ts';
import { isSame } from '../../kubernetes/validation/problem.ts';
import { minorOf } from '../releases.ts';
import { forbidden, invalid } from '../status.ts';
import type { Admission, AdmissionPlugin } from './plugin.ts';

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
    const newest = minorOf(cluster.world);
    const enforced = demandOf(namespace, { mode: 'enforce', newest });
    const faults = isPod ? faultsOf(pod, enforced) : [];
    if (faults.length > 0) {
      const why = `violates PodSecurity "${enforced.level}:${enforced.version}": ${inDetail(faults)}`;
      throw forbidden(resource, { name: object.metadata.name, why });
    }
    const warned = demandOf(namespace, { mode: 'warn', newest, otherwise: enforced });
    const concerns = faultsOf(pod, warned);
    if (concerns.length > 0)
      warn(`would violate PodSecurity "${warned.level}:${warned.version}": ${inDetail(concerns)}`);
    return undefined;
  },
};

/** Refuses labels that say nothing the server knows, and warns of pods that a stricter level would not have let in. */
function judgeNamespace({ cluster, object, live, warn }: Admission): void {
  const { name, labels = {} } = object.metadata;
  const causes = labelProblems(labels, live?.metadata.labels);
  if (causes.length > 0) throw invalid({ apiVersion: 'v1', kind: 'Namespace', name }, causes);
  const mode = { mode: 'enforce', newest: minorOf(cluster.world) } as const;
  const demand = demandOf(object, mode);
  if (live === undefined || isSame({ ...demand }, { ...demandOf(live, mode) })) return;
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
