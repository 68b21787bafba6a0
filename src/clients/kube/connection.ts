import type { ClusterIdentity } from '../../core/cluster.ts';
import type { KubePreviewer } from './previewer.ts';
import type { KubeReader } from './reader.ts';
import type { KubeWriter } from './writer.ts';

/** Where a cluster is and who we are there. `allowInsecure`: the environment accepts a server whose certificate nobody checks. */
export type KubeTarget =
  | {
      via: 'kubeconfig';
      /** As KUBECONFIG names them: the first to name something wins, a missing file is skipped. */
      files: string[];
      /** Undefined: the files' current context. */
      context: string | undefined;
      allowInsecure: boolean;
      /** The fingerprint that a credential plugin must have to be run; absent: any. */
      trustedPlugin?: string;
    }
  | { via: 'direct'; url: string; token: string }
  | { via: 'in-cluster' };

/** What of the cluster an environment covers. */
export interface Bounds {
  /** Undefined: all of them. */
  namespaces: readonly string[] | undefined;
  /** Whether cluster-scoped objects may be changed; they may always be read. */
  clusterScoped: boolean;
}

/** One environment's line to its cluster, shared by all calls. Nothing is read, imported or opened before the first request. */
export class KubeConnection {
  constructor(input: { target: KubeTarget; bounds: Bounds; readOnly: boolean; userAgent: string }) {
    void input;
  }
  session(signal: AbortSignal): KubeSession {
    void signal;
    throw new Error('not yet');
  }
  /** SHA-256 over the credential plugin's command, arguments, environment and binary; undefined without a plugin. */
  pluginFingerprint(): Promise<string | undefined> {
    throw new Error('not yet');
  }
  close(): void {}
}

/** One call's view of the cluster: its signal reaches every request, and it collects what the server warns of. */
export class KubeSession {
  declare readonly reader: KubeReader;
  /** @throws VigieError READ_ONLY */
  previewer(): Promise<KubePreviewer> {
    throw new Error('not yet');
  }
  /** @throws VigieError READ_ONLY */
  writer(): Promise<KubeWriter> {
    throw new Error('not yet');
  }
  identity(): Promise<ClusterIdentity> {
    throw new Error('not yet');
  }
  warnings(): string[] {
    return [];
  }
  serverTime(): Date | undefined {
    return undefined;
  }
}
