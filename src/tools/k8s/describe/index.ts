import type { Describer } from './describer.ts';
import { ingressDescriber } from './ingress.ts';
import { cronJobDescriber, jobDescriber } from './jobs.ts';
import { namespaceDescriber } from './namespace.ts';
import { nodeDescriber } from './node.ts';
import { podDescriber } from './pod.ts';
import { autoscalerDescriber, budgetDescriber } from './scaling.ts';
import { serviceDescriber } from './service.ts';
import { claimDescriber, settingsDescriber } from './storage.ts';
import { workloadDescriber } from './workload.ts';

/** The kinds that are described with what is around them; any other shows its conditions and what it owns. */
export const describers: readonly Describer[] = [
  podDescriber,
  workloadDescriber,
  serviceDescriber,
  ingressDescriber,
  nodeDescriber,
  autoscalerDescriber,
  budgetDescriber,
  jobDescriber,
  cronJobDescriber,
  claimDescriber,
  settingsDescriber,
  namespaceDescriber,
];
