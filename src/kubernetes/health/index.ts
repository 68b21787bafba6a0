import {
  apiServiceJudge,
  customResourceDefinitionJudge,
  horizontalPodAutoscalerJudge,
  namespaceJudge,
  nodeJudge,
  persistentVolumeClaimJudge,
  persistentVolumeJudge,
  podDisruptionBudgetJudge,
} from './cluster.ts';
import { ingressJudge, serviceJudge } from './network.ts';
import {
  cronJobJudge,
  daemonSetJudge,
  deploymentJudge,
  jobJudge,
  podJudge,
  replicaSetJudge,
  statefulSetJudge,
} from './workloads.ts';

/** The kinds that have a health; all others can only be read back. */
export const judges = [
  deploymentJudge,
  replicaSetJudge,
  statefulSetJudge,
  daemonSetJudge,
  podJudge,
  jobJudge,
  cronJobJudge,
  serviceJudge,
  ingressJudge,
  persistentVolumeClaimJudge,
  persistentVolumeJudge,
  horizontalPodAutoscalerJudge,
  podDisruptionBudgetJudge,
  namespaceJudge,
  nodeJudge,
  customResourceDefinitionJudge,
  apiServiceJudge,
];
