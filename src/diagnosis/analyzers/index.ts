import type { Analyzer } from '../analyzer.ts';
import { bindingsAnalyzer } from './access/bindings.ts';
import { forbiddenCallsAnalyzer } from './access/forbidden-calls.ts';
import { rolesAnalyzer } from './access/roles.ts';
import { apiServicesAnalyzer } from './cluster/api-services.ts';
import { clusterDnsAnalyzer } from './cluster/cluster-dns.ts';
import { clusterNetworkAnalyzer } from './cluster/cluster-network.ts';
import { deprecatedApisAnalyzer } from './cluster/deprecated-apis.ts';
import { driftAnalyzer } from './cluster/drift.ts';
import { helmReleasesAnalyzer } from './cluster/helm-releases.ts';
import { metricsServerAnalyzer } from './cluster/metrics-server.ts';
import { nodeUpkeepAnalyzer } from './cluster/node-upkeep.ts';
import { nodesAnalyzer } from './cluster/nodes.ts';
import { webhookAuthoritiesAnalyzer } from './cluster/webhook-authorities.ts';
import { webhooksAnalyzer } from './cluster/webhooks.ts';
import { containerStartsAnalyzer } from './containers/container-starts.ts';
import { crashLoopsAnalyzer } from './containers/crash-loops.ts';
import { evictionsAnalyzer } from './containers/evictions.ts';
import { imagePullsAnalyzer } from './containers/image-pulls.ts';
import { initContainersAnalyzer } from './containers/init-containers.ts';
import { missingConfigAnalyzer } from './containers/missing-config.ts';
import { outOfMemoryAnalyzer } from './containers/out-of-memory.ts';
import { probesAnalyzer } from './containers/probes.ts';
import { certificatesAnalyzer } from './network/certificates.ts';
import { clientAddressesAnalyzer } from './network/client-addresses.ts';
import { externalNamesAnalyzer } from './network/external-names.ts';
import { gatewayBackendsAnalyzer } from './network/gateway-backends.ts';
import { gatewayRoutesAnalyzer } from './network/gateway-routes.ts';
import { gatewaysAnalyzer } from './network/gateways.ts';
import { headlessServicesAnalyzer } from './network/headless-services.ts';
import { ingressBackendsAnalyzer } from './network/ingress-backends.ts';
import { ingressClassesAnalyzer } from './network/ingress-classes.ts';
import { ingressDuplicatesAnalyzer } from './network/ingress-duplicates.ts';
import { ingressTlsAnalyzer } from './network/ingress-tls.ts';
import { loadBalancersAnalyzer } from './network/load-balancers.ts';
import { networkPoliciesAnalyzer } from './network/network-policies.ts';
import { podDnsAnalyzer } from './network/pod-dns.ts';
import { servicePortsAnalyzer } from './network/service-ports.ts';
import { servicesAnalyzer } from './network/services.ts';
import { trafficPoliciesAnalyzer } from './network/traffic-policies.ts';
import { unissuedCertificatesAnalyzer } from './network/unissued-certificates.ts';
import { pendingAnalyzer } from './scheduling/pending.ts';
import { schedulingGatesAnalyzer } from './scheduling/scheduling-gates.ts';
import { claimTemplatesAnalyzer } from './storage/claim-templates.ts';
import { claimsAnalyzer } from './storage/claims.ts';
import { mountsAnalyzer } from './storage/mounts.ts';
import { podVolumesAnalyzer } from './storage/pod-volumes.ts';
import { volumesAnalyzer } from './storage/volumes.ts';
import { autoscalerBoundsAnalyzer } from './workloads/autoscaler-bounds.ts';
import { autoscalersAnalyzer } from './workloads/autoscalers.ts';
import { cronJobsAnalyzer } from './workloads/cron-jobs.ts';
import { daemonSetsAnalyzer } from './workloads/daemon-sets.ts';
import { disruptionBudgetsAnalyzer } from './workloads/disruption-budgets.ts';
import { jobsAnalyzer } from './workloads/jobs.ts';
import { quotasAnalyzer } from './workloads/quotas.ts';
import { refusedPodsAnalyzer } from './workloads/refused-pods.ts';
import { rolloutsAnalyzer } from './workloads/rollouts.ts';
import { scaledToZeroAnalyzer } from './workloads/scaled-to-zero.ts';
import { selectorsAnalyzer } from './workloads/selectors.ts';
import { statefulSetsAnalyzer } from './workloads/stateful-sets.ts';
import { stuckDeletionsAnalyzer } from './workloads/stuck-deletions.ts';

/** Every subject that is looked at, by family; an analyzer is one file here and one line below. */
export const analyzers: readonly Analyzer[] = [
  // access
  bindingsAnalyzer,
  forbiddenCallsAnalyzer,
  rolesAnalyzer,
  // cluster
  apiServicesAnalyzer,
  clusterDnsAnalyzer,
  clusterNetworkAnalyzer,
  deprecatedApisAnalyzer,
  driftAnalyzer,
  helmReleasesAnalyzer,
  metricsServerAnalyzer,
  nodeUpkeepAnalyzer,
  nodesAnalyzer,
  webhookAuthoritiesAnalyzer,
  webhooksAnalyzer,
  // containers
  containerStartsAnalyzer,
  crashLoopsAnalyzer,
  evictionsAnalyzer,
  imagePullsAnalyzer,
  initContainersAnalyzer,
  missingConfigAnalyzer,
  outOfMemoryAnalyzer,
  probesAnalyzer,
  // network
  certificatesAnalyzer,
  clientAddressesAnalyzer,
  externalNamesAnalyzer,
  gatewayBackendsAnalyzer,
  gatewayRoutesAnalyzer,
  gatewaysAnalyzer,
  headlessServicesAnalyzer,
  ingressBackendsAnalyzer,
  ingressClassesAnalyzer,
  ingressDuplicatesAnalyzer,
  ingressTlsAnalyzer,
  loadBalancersAnalyzer,
  networkPoliciesAnalyzer,
  podDnsAnalyzer,
  servicePortsAnalyzer,
  servicesAnalyzer,
  trafficPoliciesAnalyzer,
  unissuedCertificatesAnalyzer,
  // scheduling
  pendingAnalyzer,
  schedulingGatesAnalyzer,
  // storage
  claimTemplatesAnalyzer,
  claimsAnalyzer,
  mountsAnalyzer,
  podVolumesAnalyzer,
  volumesAnalyzer,
  // workloads
  autoscalerBoundsAnalyzer,
  autoscalersAnalyzer,
  cronJobsAnalyzer,
  daemonSetsAnalyzer,
  disruptionBudgetsAnalyzer,
  jobsAnalyzer,
  quotasAnalyzer,
  refusedPodsAnalyzer,
  rolloutsAnalyzer,
  scaledToZeroAnalyzer,
  selectorsAnalyzer,
  statefulSetsAnalyzer,
  stuckDeletionsAnalyzer,
];
