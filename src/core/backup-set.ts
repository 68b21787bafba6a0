import type { Schedule } from './backup-schedule.ts';
import type { JsonObject } from './json.ts';
import { describeRef } from './ref.ts';
import type { SecretReference } from './secret-reference.ts';

/** What is backed up together, as vigie.yaml names it. */
export interface BackupSet {
  name: string;
  engine: string;
  /** The engine's own, without anything secret. */
  settings: JsonObject;
  /** What is secret of them, by the name of the setting. */
  secrets: Readonly<Record<string, SecretReference>>;
  run: RunPlace;
  /** Destinations, at least one: a copy is made at the first, and carried to the others. */
  to: readonly string[];
  /** Absent: everything is kept. */
  retention?: Retention;
  /** How old the newest good copy may be. Absent: nobody said. */
  objectiveSeconds?: number;
  /** How old the last drill that passed may be. */
  drillSeconds: number;
  /** For one backup from its start to its end. */
  timeoutSeconds: number;
  /** What its owner wishes; nothing is done by it before it is approved. */
  schedule?: Schedule;
  /** Where scratch folders of drills are made, where the commands run. Absent: the temporary folder there. */
  scratch?: string;
  /** Where an operator keeps the data, whose copies are but records of it at our destinations. Absent: copies are data. */
  stored?: { media: string; offSite: boolean };
}

/** Where the programs of a set run. */
export type RunPlace =
  | { in: 'local' }
  /** An operator of the cluster does the work; no program of ours runs. `operator`: as people call it. */
  | { in: 'operator'; operator: string; namespace: string }
  | {
      in: 'pod';
      namespace: string;
      /** One of the two. A workload: its first ready pod by name. */
      target:
        | { workload: { kind: 'StatefulSet' | 'Deployment' | 'DaemonSet'; name: string } }
        | { pod: string };
      /** Absent: the pod's first. */
      container?: string;
    };

/** A place where programs run, for people. */
export function describeRunPlace(run: RunPlace): string {
  if (run.in === 'local') return 'this machine';
  const { namespace } = run;
  if (run.in === 'operator') return `${run.operator} in namespace ${namespace}`;
  const { target } = run;
  return 'pod' in target
    ? describeRef({ kind: 'Pod', name: target.pod, namespace })
    : describeRef({ ...target.workload, namespace });
}

/**
 * Which copies are kept: whatever one of these rules keeps. Of a day, a week (from Monday) and a month, in UTC, the newest
 * copy counts; `last` and the others count from the newest copy back.
 */
export interface Retention {
  last?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  /** Everything that is younger. */
  withinSeconds?: number;
}

/** Where copies go, as vigie.yaml names it. */
export interface BackupDestination {
  name: string;
  at: DestinationPlace;
  /** What it is on, in the owner's own word (`disk`, `object-store`, `tape`): nobody can check it. */
  media: string;
  /** Whether it survives the loss of the source's place; declared, not found out. */
  offSite: boolean;
  /** Who can decrypt: age recipients. Empty: copies lie there as they are. */
  recipients: readonly string[];
  /** The age identity that copies are read back with. Absent: they can be checked, and not restored. */
  identity?: SecretReference;
}

export type DestinationPlace =
  | { kind: 'directory'; root: string }
  | {
      kind: 's3';
      /** Of the service, without the bucket. */
      endpoint: string;
      region: string;
      bucket: string;
      /** Before every key; empty, or ends with a slash. */
      prefix: string;
      accessKey: SecretReference;
      secretKey: SecretReference;
    }
  | {
      kind: 'restic';
      /** As restic takes it; one that holds a password is a reference. */
      repository: string | SecretReference;
      password: SecretReference;
      /** Credentials of what it lies on, by the names of restic's own variables. */
      env: Readonly<Record<string, SecretReference>>;
    };
