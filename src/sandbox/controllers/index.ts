import { autoscalerController } from './autoscaler.ts';
import { clusterRoleController } from './cluster-role.ts';
import type { Controller } from './controller.ts';
import { cronJobController } from './cron-job.ts';
import { daemonSetController } from './daemon-set.ts';
import { deploymentController } from './deployment.ts';
import { disruptionBudgetController } from './disruption-budget.ts';
import { endpointSliceController } from './endpoint-slice.ts';
import { endpointsController } from './endpoints.ts';
import { garbageController } from './garbage.ts';
import { jobController } from './job.ts';
import { loadBalancerController } from './load-balancer.ts';
import { namespaceController } from './namespace.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podController } from './pod.ts';
import { claimProtectionController, volumeProtectionController } from './protection.ts';
import { replicaSetController } from './replica-set.ts';
import { resourceQuotaController } from './resource-quota.ts';
import { schedulerController } from './scheduler.ts';
import { statefulSetController } from './stateful-set.ts';
import { claimController, volumeController } from './volume.ts';

/**
 * All controllers of the sandbox, in the order in which one round asks them: pods first, so that those above them
 * decide on what is.
 */
export const controllers: readonly Controller[] = [
  nodeLifecycleController,
  schedulerController,
  podController,
  replicaSetController,
  deploymentController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  autoscalerController,
  disruptionBudgetController,
  claimController,
  volumeController,
  claimProtectionController,
  volumeProtectionController,
  endpointSliceController,
  endpointsController,
  loadBalancerController,
  garbageController,
  namespaceController,
  resourceQuotaController,
  clusterRoleController,
];
