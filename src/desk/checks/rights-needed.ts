import { type Right, rightsInCluster, rightsInNamespace } from '../../clients/kube/rights.ts';
import type { EnvironmentConfig } from '../../config/environment-config.ts';

/** What the environment's policy leaves to Vigie: rights in each namespace, and rights in none. */
export function rightsNeeded({
  namespaces,
  clusterScoped,
  policy,
}: Pick<EnvironmentConfig, 'namespaces' | 'clusterScoped' | 'policy'>): {
  namespaced: Right[];
  cluster: Right[];
} {
  const changes = [policy.low, policy.medium, policy.high].some(verdict => verdict !== 'deny');
  return {
    namespaced: rightsInNamespace({
      changes,
      drains: changes && clusterScoped && namespaces === undefined,
    }),
    cluster: rightsInCluster({
      reads: clusterScoped || namespaces === undefined,
      changes: clusterScoped && changes,
    }),
  };
}
