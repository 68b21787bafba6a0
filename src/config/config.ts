import { VigieError } from '../core/errors.ts';
import type { Policy } from '../core/policy.ts';
import type { SecretReference } from '../core/secret-reference.ts';
import type { Home } from './home.ts';

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
  | { kind: 'sandbox'; world: string };

export interface EnvironmentConfig {
  name: string;
  cluster: Cluster;
  /** undefined: all of the cluster. */
  namespaces: readonly string[] | undefined;
  clusterScoped: boolean;
  policy: Policy;
  /** Alias → reference; never the value. */
  secrets: ReadonlyMap<string, SecretReference>;
}

export interface Config {
  /** The vigie.yaml that was read; undefined: none, and the current kube context is the one environment. */
  file: string | undefined;
  /** The root-owned floor, where there is one. */
  floor: string | undefined;
  approversFile: string;
  people: ReadonlyMap<string, { groups: readonly string[] }>;
  environments: readonly EnvironmentConfig[];
  /** SHA-256 over the canonical effective policy, 64 hex digits. */
  hash: string;
  home: Home;
  /** What a person should know: no environment, and why. */
  hints: readonly string[];
}

export async function loadConfig(_input: { file?: string; env: NodeJS.ProcessEnv }): Promise<Config> {
  throw new VigieError('INTERNAL', 'not built yet');
}
