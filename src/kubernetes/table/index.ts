import { clusterRoleBindingPrinter, roleBindingPrinter } from './access.ts';
import { horizontalPodAutoscalerPrinter, podDisruptionBudgetPrinter } from './autoscaling.ts';
import { cronJobPrinter, jobPrinter } from './batch.ts';
import {
  apiServicePrinter,
  leasePrinter,
  namespacePrinter,
  nodePrinter,
  resourceQuotaPrinter,
  serviceAccountPrinter,
} from './cluster.ts';
import { eventPrinter } from './event.ts';
import {
  endpointSlicePrinter,
  endpointsPrinter,
  ingressClassPrinter,
  ingressPrinter,
  networkPolicyPrinter,
  servicePrinter,
} from './network.ts';
import { podPrinter } from './pod.ts';
import {
  configMapPrinter,
  persistentVolumeClaimPrinter,
  persistentVolumePrinter,
  priorityClassPrinter,
  secretPrinter,
  storageClassPrinter,
} from './storage.ts';
import {
  controllerRevisionPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  replicaSetPrinter,
  statefulSetPrinter,
} from './workloads.ts';

/** The kinds that have columns of their own; every other kind shows its name and creation time. */
export const printers = [
  podPrinter,
  deploymentPrinter,
  replicaSetPrinter,
  statefulSetPrinter,
  daemonSetPrinter,
  controllerRevisionPrinter,
  jobPrinter,
  cronJobPrinter,
  servicePrinter,
  endpointsPrinter,
  endpointSlicePrinter,
  ingressPrinter,
  ingressClassPrinter,
  networkPolicyPrinter,
  configMapPrinter,
  secretPrinter,
  persistentVolumeClaimPrinter,
  persistentVolumePrinter,
  storageClassPrinter,
  priorityClassPrinter,
  horizontalPodAutoscalerPrinter,
  podDisruptionBudgetPrinter,
  namespacePrinter,
  nodePrinter,
  serviceAccountPrinter,
  resourceQuotaPrinter,
  leasePrinter,
  apiServicePrinter,
  eventPrinter,
  roleBindingPrinter,
  clusterRoleBindingPrinter,
];
