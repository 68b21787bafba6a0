import type { JsonObject } from '../core/json.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import facts from './bootstrap.json' with { type: 'json' };

const rbac = 'rbac.authorization.k8s.io';

interface Facts {
  roles: { name: string; labels?: Record<string, string>; aggregate?: string; rules?: JsonObject[] }[];
  bindings: { name: string; groups: string[] }[];
  priorityClasses: { name: string; value: number; description: string }[];
}

/** What an API server makes in every new cluster: the roles for people, what everybody may ask, the highest priorities. */
export function bootstrapObjects(bornMs: number): KubeObject[] {
  // The JSON border: the file is ours.
  const { roles, bindings, priorityClasses } = facts as Facts;
  const creationTimestamp = timestampAt(bornMs);
  const role = (name: string, labels: Record<string, string> = {}): KubeObject['metadata'] => ({
    name,
    creationTimestamp,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  });
  return [
    ...roles.map(({ name, labels, aggregate, rules = [] }) => ({
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: role(name, labels),
      rules,
      ...(aggregate === undefined
        ? {}
        : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregate]: 'true' } }] } }),
    })),
    ...bindings.map(({ name, groups }) => ({
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: role(name),
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: groups.map(group => ({ apiGroup: rbac, kind: 'Group', name: group })),
    })),
    ...priorityClasses.map(({ name, value, description }) => ({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name, creationTimestamp },
      value,
      description,
      preemptionPolicy: 'PreemptLowerPriority',
    })),
  ];
}
