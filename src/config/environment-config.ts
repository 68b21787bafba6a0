import type { Policy } from '../core/policy.ts';
import type { SecretReference } from '../core/secret-reference.ts';
import type { Integrations } from './integrations/integrations.ts';

/** Where an environment's cluster is. */
export type Cluster =
  | {
      kind: 'kube';
      context: string;
      /** Absent: KUBECONFIG, else the file in ~/.kube. */
      kubeconfig?: string;
      /** Without it a kubeconfig that skips TLS verification is refused. */
      insecureSkipTlsVerify: boolean;
    }
  | { kind: 'sandbox'; world: string }
  /** A place without one: machines with backups, a monitoring of its own. */
  | { kind: 'none' };

/** One environment of vigie.yaml with its defaults filled in. */
export interface EnvironmentConfig {
  name: string;
  cluster: Cluster;
  /** undefined: all of the cluster. */
  namespaces: readonly string[] | undefined;
  clusterScoped: boolean;
  policy: Policy;
  /** Alias → reference; never the value. */
  secrets: ReadonlyMap<string, SecretReference>;
  integrations: Integrations;
}
