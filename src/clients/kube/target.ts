import type { MayRun } from './exec-plugin.ts';

/** Where a cluster is and who we are there. */
export type KubeTarget =
  | {
      via: 'kubeconfig';
      /** As KUBECONFIG names them: the first to name something wins, a missing file is skipped. */
      files: string[];
      /** Undefined: the files' current context. */
      context: string | undefined;
      /** The environment accepts a server whose certificate nobody checks. */
      allowInsecure: boolean;
      /** Asked before each run of a credential plugin; absent: it may run. */
      mayRunPlugin?: MayRun;
    }
  /** A server on this machine whose address and token Vigie made itself: the sandbox. */
  | { via: 'direct'; url: string; token: string }
  /** The environment has no cluster: whatever is asked of it fails. */
  | { via: 'none'; environment: string };
