import type { ClusterObjects } from '../clients/kube/cluster-objects.ts';
import type { BackupDestination, BackupSet } from '../core/backup-set.ts';
import type { CopyReader, CopyWriter } from '../core/copies.ts';
import type { Runner } from '../processes/runner.ts';

/** What an environment backs up and where to, and what reads it. Nothing here can write, or run a program on a source. */
export interface BackupSystem {
  readonly sets: ReadonlyMap<string, BackupSet>;
  readonly destinations: ReadonlyMap<string, BackupDestination>;
  /** What reads a destination of that name; sends nothing by itself. @throws VigieError SECRET */
  reader(destination: string): Promise<CopyReader>;
}

/** The same, for whoever makes copies and restores them. Not built in read-only mode. */
export interface ChangingBackups extends BackupSystem {
  writer(destination: string): Promise<CopyWriter>;
  /** Where the programs of a set run. @throws VigieError NOT_FOUND for a pod that is not there */
  runner(set: BackupSet): Promise<Runner>;
  /**
   * Objects that the engine of a set with an operator acts on, as `apiVersion/kind`. Without `beforeWrite`, which every
   * write waits for, they are only looked at. `signal`: absent: the call's.
   */
  objects(
    set: BackupSet,
    more: { kinds: readonly string[]; beforeWrite?: () => Promise<void>; signal?: AbortSignal },
  ): Promise<ClusterObjects>;
  /** What is secret of a set's settings, by the setting's name; learned, so that it is masked wherever it turns up. */
  secretsOf(set: BackupSet): Promise<Readonly<Record<string, string>>>;
  /**
   * Tells what the references of a destination's place lead to from what they led to before, and nothing else: it is
   * keyed. Passwords are no part of it. Undefined where the place itself says where it is. @throws VigieError SECRET
   */
  markOf(destination: string): Promise<string | undefined>;
  /** What a path of this machine leads to through links. Undefined: it leads over none, or nothing is there. */
  realPath(path: string): Promise<string | undefined>;
  /** The age identity of a destination; undefined where none is configured. @throws VigieError SECRET */
  identityOf(destination: string): Promise<string | undefined>;
}
