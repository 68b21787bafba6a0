// The rules by which the API server refuses an object, family by family: those that people and agents run into.
import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import { clusterRoleBindingRules, clusterRoleRules, roleBindingRules, roleRules } from './access.ts';
import { cronJobRules, jobRules } from './jobs.ts';
import { metadataProblems } from './metadata.ts';
import { ingressRules, networkPolicyRules } from './network.ts';
import { podRules } from './pods.ts';
import {
  autoscalerRules,
  disruptionBudgetRules,
  limitRangeRules,
  nodeRules,
  priorityClassRules,
  quotaRules,
} from './policies.ts';
import type { FieldProblem, Rules } from './problem.ts';
import { serviceRules } from './services.ts';
import { claimRules, configMapRules, secretRules, storageClassRules, volumeRules } from './storage.ts';
import { daemonSetRules, deploymentRules, replicaSetRules, statefulSetRules } from './workloads.ts';

const rulesOf = new Map<string, Rules>([
  ['v1 Pod', podRules],
  ['v1 Service', serviceRules],
  ['v1 ConfigMap', configMapRules],
  ['v1 Secret', secretRules],
  ['v1 PersistentVolumeClaim', claimRules],
  ['v1 PersistentVolume', volumeRules],
  ['v1 Node', nodeRules],
  ['v1 ResourceQuota', quotaRules],
  ['v1 LimitRange', limitRangeRules],
  ['apps/v1 Deployment', deploymentRules],
  ['apps/v1 ReplicaSet', replicaSetRules],
  ['apps/v1 StatefulSet', statefulSetRules],
  ['apps/v1 DaemonSet', daemonSetRules],
  ['batch/v1 Job', jobRules],
  ['batch/v1 CronJob', cronJobRules],
  ['autoscaling/v2 HorizontalPodAutoscaler', autoscalerRules],
  ['policy/v1 PodDisruptionBudget', disruptionBudgetRules],
  ['networking.k8s.io/v1 Ingress', ingressRules],
  ['networking.k8s.io/v1 NetworkPolicy', networkPolicyRules],
  ['rbac.authorization.k8s.io/v1 Role', roleRules],
  ['rbac.authorization.k8s.io/v1 ClusterRole', clusterRoleRules],
  ['rbac.authorization.k8s.io/v1 RoleBinding', roleBindingRules],
  ['rbac.authorization.k8s.io/v1 ClusterRoleBinding', clusterRoleBindingRules],
  ['storage.k8s.io/v1 StorageClass', storageClassRules],
  ['scheduling.k8s.io/v1 PriorityClass', priorityClassRules],
]);

/**
 * The rules the object breaks, in the server's words and order; none when it may be stored. The object must have its
 * defaults already. With `old`, the stored object, the rules of a change are tested, too: what is immutable.
 * Kinds without rules of their own are tested for their metadata only.
 */
export function validate(object: KubeObject, old?: KubeObject): FieldProblem[] {
  const rules = rulesOf.get(`${object.apiVersion} ${object.kind}`);
  const problems = metadataProblems(object, old);
  if (rules === undefined) return problems;
  // A KubeObject is JSON; only its metadata has named members.
  return [...problems, ...rules(object as JsonObject, old as JsonObject | undefined)];
}
