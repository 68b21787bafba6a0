import type { KubeExecutor } from '../clients/kube/executor.ts';
import type { PluginIdentity } from '../clients/kube/plugin-identity.ts';
import type { KubePreviewer } from '../clients/kube/previewer.ts';
import type { KubeReader } from '../clients/kube/reader.ts';
import type { KubeWriter } from '../clients/kube/writer.ts';
import type { Approvers } from '../config/approvers.ts';
import type { Assurance } from '../core/actor.ts';
import type { Worth } from '../core/assurance.ts';
import type { ClusterIdentity } from '../core/cluster.ts';
import type { Keys } from '../core/keys.ts';
import type { KnownSecrets } from '../core/known-secrets.ts';
import type { Policy } from '../core/policy.ts';
import type { StorePlace } from '../store/database.ts';
import type { Store } from '../store/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ChangingBackups } from '../toolkit/backup-system.ts';
import type { PlaybookRuns } from '../toolkit/playbook-desk.ts';
import type { Systems } from '../toolkit/systems.ts';
import type { EnvironmentView, Tool } from '../toolkit/tool.ts';
import type { Patience } from './changes/patience.ts';
import type { ChangingSystems } from './changing-systems.ts';
import type { Witnessing } from './witnessing.ts';

/** What one call speaks to a cluster through; each is made for the call, with its signal and its list of warnings. */
export interface Reach {
  reader: KubeReader;
  systems: Systems;
  identity(): Promise<ClusterIdentity>;
  /** The aliases of secrets that vigie.yaml names for the environment. */
  secretAliases: readonly string[];
  /** Warning headers the server sent during this call. */
  warnings(): string[];
  /** The server's clock as of its last answer; undefined before the first. */
  serverTime(): Date | undefined;
}

/** The parts that may send a write verb; absent in read-only mode, where they are not even built. */
export interface ChangingReach extends Reach {
  systems: ChangingSystems;
  previewer: KubePreviewer;
  writer: KubeWriter;
  executor: KubeExecutor;
  /** What makes copies and restores them. @throws VigieError NOT_CONFIGURED */
  backups(): Promise<ChangingBackups>;
  /** The value behind an alias of vigie.yaml, read when it is written and kept nowhere. @throws VigieError SECRET */
  secret(alias: string): Promise<string>;
}

/** One environment with its policy and its ways to the cluster. */
export interface Environment {
  view: EnvironmentView;
  rules: Policy;
  /** What was read here once stays masked in every later answer. */
  known: KnownSecrets;
  reach(signal: AbortSignal): Promise<Reach>;
  /** @throws VigieError READ_ONLY */
  change(signal: AbortSignal): Promise<ChangingReach>;
  /** The command that its kubeconfig would run to log in, without running it; undefined: none. @throws VigieError CREDENTIAL_PLUGIN, KUBECONFIG */
  plugin(): Promise<PluginIdentity | undefined>;
  /** Only a sandbox has one: an object that its constructor makes, which answers tickets of this environment alone. */
  autoApprover?: AutoApprover;
}

/** The sandbox's automatic answer. It cannot be configured: only the composition root, for a sandbox it started, has one. */
export interface AutoApprover {
  readonly environment: string;
  readonly world: string;
}

/** Where the policy came from and what it is worth. */
export interface PolicyFacts {
  /** SHA-256 of the effective policy, 64 hex digits. */
  hash: string;
  /** `(none)` without a file. */
  file: string;
  /** False: an approver has not accepted this policy, so every allow of a change becomes ask. */
  accepted: boolean;
  /** What else vigie.yaml says that counts, a line each. */
  besides: readonly string[];
}

/** A whole Vigie, built by the composition root; every door gets one and hands it on. */
export interface Vigie {
  version: string;
  tools: readonly Tool[];
  /** Families whose systems some environment has. */
  families: readonly string[];
  environments: readonly Environment[];
  /** True where the environments were narrowed for one caller: changes of others are unknown to it. */
  narrowed?: true;
  readOnly: boolean;
  assurance: Assurance;
  /** The same with its reasons; for one asker, `worthFor` says. */
  worth: Worth;
  /** When the accounts and files that `worth` rests on were last looked at; undefined: it rests on none. */
  lookedAt(): Date | undefined;
  /** What leads to its files: VIGIE_HOME, HOME, and what --config or VIGIE_CONFIG named. */
  place: { home: string; userHome: string; configFile?: string };
  /**
   * The same as vigie.yaml says now: every call begins with it and keeps what it got. While the file cannot be read,
   * reads go on by what was read last. @throws VigieError INVALID_CONFIG for a change
   */
  inForce(use: 'read' | 'change'): Promise<Vigie>;
  policy(): Promise<PolicyFacts>;
  /** As their file has them, each entry verified; whether it is the newest, `trustedApprovers` says. */
  approvers(): Promise<Approvers>;
  /** Groups of a person named in vigie.yaml; empty for a stranger. */
  groupsOf(person: string): readonly string[];
  /** People named in vigie.yaml who are in one of these groups. */
  peopleIn(groups: readonly string[]): readonly string[];
  /** Who in vigie.yaml is behind an OS user or the name on a token; undefined: nobody named there. */
  personBehind(name: string): string | undefined;
  /** Keys of this installation: for digests and sealing. */
  keys(): Promise<Keys>;
  /** Opened with the first call that needs it; narrowed copies share the function. @throws VigieError STORE */
  readonly store: () => Promise<Store>;
  /** Where that is, so that the runs of playbooks are kept there too. @throws VigieError SECRET */
  readonly storePlace: () => Promise<StorePlace>;
  /** Playbooks and all runs of them, opened with the first call that needs them; narrowed copies share the function. */
  readonly playbooks: () => Promise<PlaybookRuns>;
  /** Who keeps hashes of the audit outside the store. */
  readonly witnessing: Witnessing;
  now(): Date;
  /** Whoever waits for a cluster waits by it. */
  patience: Patience;
  log: Logger;
  close(): Promise<void>;
}
