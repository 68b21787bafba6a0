import type { Analyzer } from '../analyzer.ts';
import { apiServicesAnalyzer } from './api-services.ts';
import { autoscalerBoundsAnalyzer } from './autoscaler-bounds.ts';
import { autoscalersAnalyzer } from './autoscalers.ts';
import { bindingsAnalyzer } from './bindings.ts';
import { certificatesAnalyzer } from './certificates.ts';
import { claimTemplatesAnalyzer } from './claim-templates.ts';
import { claimsAnalyzer } from './claims.ts';
import { clientAddressesAnalyzer } from './client-addresses.ts';
import { clusterDnsAnalyzer } from './cluster-dns.ts';
import { clusterNetworkAnalyzer } from './cluster-network.ts';
import { containerStartsAnalyzer } from './container-starts.ts';
import { crashLoopsAnalyzer } from './crash-loops.ts';
import { cronJobsAnalyzer } from './cron-jobs.ts';
import { daemonSetsAnalyzer } from './daemon-sets.ts';
import { deprecatedApisAnalyzer } from './deprecated-apis.ts';
import { disruptionBudgetsAnalyzer } from './disruption-budgets.ts';
import { driftAnalyzer } from './drift.ts';
import { evictionsAnalyzer } from './evictions.ts';
import { externalNamesAnalyzer } from './external-names.ts';
import { forbiddenCallsAnalyzer } from './forbidden-calls.ts';
import { gatewayBackendsAnalyzer } from './gateway-backends.ts';
import { gatewayRoutesAnalyzer } from './gateway-routes.ts';
import { gatewaysAnalyzer } from './gateways.ts';
import { headlessServicesAnalyzer } from './headless-services.ts';
import { helmReleasesAnalyzer } from './helm-releases.ts';
import { imagePullsAnalyzer } from './image-pulls.ts';
import { ingressBackendsAnalyzer } from './ingress-backends.ts';
import { ingressClassesAnalyzer } from './ingress-classes.ts';
import { ingressDuplicatesAnalyzer } from './ingress-duplicates.ts';
import { ingressTlsAnalyzer } from './ingress-tls.ts';
import { initContainersAnalyzer } from './init-containers.ts';
import { jobsAnalyzer } from './jobs.ts';
import { loadBalancersAnalyzer } from './load-balancers.ts';
import { metricsServerAnalyzer } from './metrics-server.ts';
import { missingConfigAnalyzer } from './missing-config.ts';
import { mountsAnalyzer } from './mounts.ts';
import { networkPoliciesAnalyzer } from './network-policies.ts';
import { nodeUpkeepAnalyzer } from './node-upkeep.ts';
import { nodesAnalyzer } from './nodes.ts';
import { outOfMemoryAnalyzer } from './out-of-memory.ts';
import { pendingAnalyzer } from './pending.ts';
import { podDnsAnalyzer } from './pod-dns.ts';
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
import { stuckDeletionsAnalyzer } from './stuck-deletions.ts';
import { trafficPoliciesAnalyzer } from './traffic-policies.ts';
import { unissuedCertificatesAnalyzer } from './unissued-certificates.ts';
import { volumesAnalyzer } from './volumes.ts';
import { webhookAuthoritiesAnalyzer } from './webhook-authorities.ts';
import { webhooksAnalyzer } from './webhooks.ts';

/** Every subject that is looked at; an analyzer is one file here and one line below. */
export const analyzers: readonly Analyzer[] = [
  claimsAnalyzer,
  claimTemplatesAnalyzer,
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
  evictionsAnalyzer,
  stuckDeletionsAnalyzer,
  initContainersAnalyzer,
  containerStartsAnalyzer,
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
  apiServicesAnalyzer,
  certificatesAnalyzer,
  clusterDnsAnalyzer,
  clusterNetworkAnalyzer,
  gatewayRoutesAnalyzer,
  gatewaysAnalyzer,
  headlessServicesAnalyzer,
  ingressBackendsAnalyzer,
  ingressClassesAnalyzer,
  ingressDuplicatesAnalyzer,
  ingressTlsAnalyzer,
  loadBalancersAnalyzer,
  metricsServerAnalyzer,
  trafficPoliciesAnalyzer,
  webhooksAnalyzer,
  podDnsAnalyzer,
  externalNamesAnalyzer,
  webhookAuthoritiesAnalyzer,
  unissuedCertificatesAnalyzer,
  gatewayBackendsAnalyzer,
];
