import type { Controller } from './controller.ts';
import { deploymentController } from './deployment.ts';
import { endpointSliceController } from './endpoint-slice.ts';
import { endpointsController } from './endpoints.ts';
import { garbageController } from './garbage.ts';
import { namespaceController } from './namespace.ts';
import { podController } from './pod.ts';
import { replicaSetController } from './replica-set.ts';
import { schedulerController } from './scheduler.ts';

/**
 * All controllers of the sandbox, in the order in which one round asks them: pods first, so that those above them
 * decide on what is.
 */
export const controllers: readonly Controller[] = [
  schedulerController,
  podController,
  replicaSetController,
  deploymentController,
  endpointSliceController,
  endpointsController,
  garbageController,
  namespaceController,
];
