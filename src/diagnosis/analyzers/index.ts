import type { Analyzer } from '../analyzer.ts';
import { autoscalerBoundsAnalyzer } from './autoscaler-bounds.ts';
import { autoscalersAnalyzer } from './autoscalers.ts';
import { bindingsAnalyzer } from './bindings.ts';
import { claimsAnalyzer } from './claims.ts';
import { clientAddressesAnalyzer } from './client-addresses.ts';
import { crashLoopsAnalyzer } from './crash-loops.ts';
import { cronJobsAnalyzer } from './cron-jobs.ts';
import { daemonSetsAnalyzer } from './daemon-sets.ts';
import { deprecatedApisAnalyzer } from './deprecated-apis.ts';
import { disruptionBudgetsAnalyzer } from './disruption-budgets.ts';
import { driftAnalyzer } from './drift.ts';
import { forbiddenCallsAnalyzer } from './forbidden-calls.ts';
import { helmReleasesAnalyzer } from './helm-releases.ts';
import { imagePullsAnalyzer } from './image-pulls.ts';
import { jobsAnalyzer } from './jobs.ts';
import { missingConfigAnalyzer } from './missing-config.ts';
import { mountsAnalyzer } from './mounts.ts';
import { networkPoliciesAnalyzer } from './network-policies.ts';
import { nodeUpkeepAnalyzer } from './node-upkeep.ts';
import { nodesAnalyzer } from './nodes.ts';
import { outOfMemoryAnalyzer } from './out-of-memory.ts';
import { pendingAnalyzer } from './pending.ts';
import { podVolumesAnalyzer } from './pod-volumes.ts';
import { probesAnalyzer } from './probes.ts';
import { quotasAnalyzer } from './quotas.ts';
import { refusedPodsAnalyzer } from './refused-pods.ts';
import { rolesAnalyzer } from './roles.ts';
import { rolloutsAnalyzer } from './rollouts.ts';
import { scaledToZeroAnalyzer } from './scaled-to-zero.ts';
import { schedulingGatesAnalyzer } from './scheduling-gates.ts';
import { selectorsAnalyzer } from './selectors.ts';
import { servicePortsAnalyzer } from './service-ports.ts';
import { servicesAnalyzer } from './services.ts';
import { statefulSetsAnalyzer } from './stateful-sets.ts';
import { volumesAnalyzer } from './volumes.ts';

/** Every subject that is looked at; an analyzer is one file here and one line below. */
export const analyzers: readonly Analyzer[] = [
  claimsAnalyzer,
  volumesAnalyzer,
  podVolumesAnalyzer,
  mountsAnalyzer,
  nodesAnalyzer,
  nodeUpkeepAnalyzer,
  bindingsAnalyzer,
  rolesAnalyzer,
  forbiddenCallsAnalyzer,
  helmReleasesAnalyzer,
  deprecatedApisAnalyzer,
  driftAnalyzer,
  imagePullsAnalyzer,
  outOfMemoryAnalyzer,
  crashLoopsAnalyzer,
  probesAnalyzer,
  missingConfigAnalyzer,
  pendingAnalyzer,
  schedulingGatesAnalyzer,
  refusedPodsAnalyzer,
  scaledToZeroAnalyzer,
  rolloutsAnalyzer,
  statefulSetsAnalyzer,
  daemonSetsAnalyzer,
  jobsAnalyzer,
  cronJobsAnalyzer,
  autoscalersAnalyzer,
  autoscalerBoundsAnalyzer,
  disruptionBudgetsAnalyzer,
  selectorsAnalyzer,
  quotasAnalyzer,
  clientAddressesAnalyzer,
  networkPoliciesAnalyzer,
  servicePortsAnalyzer,
  servicesAnalyzer,
];
