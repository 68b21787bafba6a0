import type { K8sApply } from '../../core/change.ts';

// What others refer to comes first: a pod that starts before its ConfigMap waits in an error state.
const order = [
  ['Namespace'],
  ['CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'IngressClass', 'RuntimeClass'],
  ['ResourceQuota', 'LimitRange', 'NetworkPolicy'],
  ['ServiceAccount'],
  ['ClusterRole', 'Role'],
  ['ClusterRoleBinding', 'RoleBinding'],
  ['ConfigMap', 'Secret'],
  ['PersistentVolume'],
  ['PersistentVolumeClaim'],
  ['Service'],
];
const late = [
  ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicationController', 'Job', 'CronJob'],
  ['HorizontalPodAutoscaler', 'PodDisruptionBudget'],
  ['Ingress', 'HTTPRoute', 'APIService'],
  // Last: a webhook that is asked before its own server runs would refuse the rest.
  ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
];

const ranks = new Map([
  ...order.flatMap((kinds, rank) => kinds.map((kind): [string, number] => [kind, rank])),
  ...late.flatMap((kinds, rank) => kinds.map((kind): [string, number] => [kind, order.length + 1 + rank])),
]);

/** Changes in the order their objects need each other; kinds nobody knows stand before the workloads, ties as written. */
export function inOrder(changes: readonly K8sApply[]): K8sApply[] {
  return changes.toSorted((left, right) => rankOf(left) - rankOf(right));
}

function rankOf(change: K8sApply): number {
  return ranks.get(change.target.kind) ?? order.length;
}
