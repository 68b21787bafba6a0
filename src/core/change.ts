import type { Schedule } from './backup-schedule.ts';
import type { JsonObject } from './json.ts';
import type { Ref } from './ref.ts';

/** Server-side apply of one object: creates it, or sets the fields it names. */
export interface K8sApply {
  kind: 'k8s-apply';
  target: Ref;
  manifest: JsonObject;
  /** Take fields over from other managers. Never set unasked. */
  force: boolean;
  /** True: the object must not exist yet (the undo of a delete). */
  mustCreate?: true;
  /** Of an object that holds alerting rules: tests of promtool that they have to pass. */
  ruleTests?: readonly JsonObject[];
  /** Keys of a Secret's data to be filled when it is written: key → alias declared under the environment's secrets. */
  secretData?: { [key: string]: string };
}

/** Patch of one existing object: a merge patch (RFC 7386), or one that merges lists by the keys of a built-in kind. */
export interface K8sPatch {
  kind: 'k8s-patch';
  target: Ref;
  /** The object that was read; another uid is another object. */
  uid: string;
  patch: JsonObject;
  /** Of an object that holds alerting rules: tests of promtool that they have to pass. */
  ruleTests?: readonly JsonObject[];
  /** Absent: a merge patch. */
  type?: 'strategic';
  subresource?: 'scale';
  /** Where in `patch` the caller's own values stand (JSON pointers, '' being all of it). Absent: nowhere. */
  said?: readonly string[];
  /** For a way back: the values that the patched fields must still have (a merge patch's shape); else it is a conflict. */
  expect?: JsonObject;
}

/** Deletion of the one object that was read. */
export interface K8sDelete {
  kind: 'k8s-delete';
  target: Ref;
  uid: string;
  propagation: 'Background' | 'Foreground' | 'Orphan';
  /** Absent: the object's own grace period. */
  gracePeriodSeconds?: number;
}

/** The node's own part of a drain: it takes no new pods. The evictions are changes of their own, after this one. */
export interface K8sDrain {
  kind: 'k8s-drain';
  target: Ref;
  uid: string;
  /** Uids of the pods that are to leave, those that are going already among them. */
  pods: readonly string[];
}

/** Eviction of the one pod that was read from the node that is drained. */
export interface K8sEvict {
  kind: 'k8s-evict';
  target: Ref;
  uid: string;
  node: string;
  /** What makes another pod in its place. Absent: nothing does. */
  controller?: { target: Ref; uid: string };
}

/** One run of a Job that does not exist yet. Its name was drawn when the change was made. */
export interface K8sRunJob {
  kind: 'k8s-run-job';
  target: Ref;
  manifest: JsonObject;
}

/** One command in one container of the one pod that was read. */
export interface K8sExec {
  kind: 'k8s-exec';
  target: Ref;
  uid: string;
  container: string;
  /** Word by word; no shell reads it. */
  command: readonly string[];
  timeoutSeconds: number;
}

/** Files from the machine of the person at the terminal into a container, or out of it. */
export interface K8sCopy {
  kind: 'k8s-copy';
  target: Ref;
  uid: string;
  container: string;
  /** Absolute, in the container. */
  podPath: string;
  /** Absolute, on the machine of whoever asked. */
  localPath: string;
  /** What goes in, below both paths. Absent: whatever lies at podPath comes out. */
  files?: readonly { path: string; bytes: number; sha256: string; mode: number }[];
}

/** Connections to ports of this machine, carried to ports of one pod for a while. */
export interface K8sPortForward {
  kind: 'k8s-port-forward';
  target: Ref;
  uid: string;
  ports: readonly { local: number; remote: number }[];
  forSeconds: number;
}

/** One backup of one set: a new copy at every destination of it. Its id was drawn when the change was made. */
export interface BackupRun {
  kind: 'backup-run';
  /** The kind is BackupSet. */
  target: Ref;
  copy: string;
  /** Take over a lock that nobody has renewed for long. */
  breakLock?: true;
}

/** Removal of copies of one set, each by its name. */
export interface BackupPrune {
  kind: 'backup-prune';
  /** The kind is BackupSet. */
  target: Ref;
  copies: readonly { destination: string; copy: string }[];
  /** retention: none that its rules keep may be among them; undo: the copy of a run that is taken back. */
  because: 'retention' | 'undo';
}

/** One restore of one copy into a place of its own, to see whether it is good. */
export interface BackupDrill {
  kind: 'backup-drill';
  /** The kind is BackupSet. */
  target: Ref;
  destination: string;
  copy: string;
  /** When it was asked for; ISO. A report of the copy that is younger is this one's. */
  askedAt: string;
  /** SHA-256 of its manifest, where no key of ours signed it and it was named all the same. */
  accepts?: string;
}

/** A restore of one copy that stays, or the removal of what one made. */
export interface BackupRestore {
  kind: 'backup-restore';
  does: 'restore' | 'drop';
  /** The kind is BackupSet. */
  target: Ref;
  destination: string;
  copy: string;
  /** SHA-256 of its manifest, where no key of ours signed it and it was named all the same. */
  accepts?: string;
  /** A database of the server that the set leads to, or a folder where its programs run: as the engine has it. */
  into: string;
  /** Drawn when it was made: part of every other name that it needs. */
  drawn: string;
  /** ISO; absent: the copy's end. */
  pointInTime?: string;
  /** Older copies, the oldest first, that it is put upon to reach that moment. Absent: those that it needs. */
  over?: readonly string[];
  /** A path of the copy, which is restored alone. Absent: all of it. */
  only?: string;
  /** The name under which what stood there is kept, or was. Absent: nothing may stand there. */
  aside?: string;
}

/** When a set is backed up by itself, or that it no longer is. */
export interface BackupSchedule {
  kind: 'backup-schedule';
  /** The kind is BackupSchedule, the name that of its set. */
  target: Ref;
  /** Absent: none is to stand. */
  schedule?: Schedule;
  /** For a way back: the change whose schedule must stand still; empty: none may. Absent: whatever stands. */
  expects?: string;
}

/** A silence of an Alertmanager that begins, or one that ends. */
export interface MetricsSilence {
  kind: 'metrics-silence';
  does: 'create' | 'expire';
  /** `Silence` by its id; one whose id nobody has heard by the mark that was drawn for it and ends its comment. */
  target: Ref;
  /** Of one that exists. Absent: it is known by its mark. */
  id?: string;
  /** The Alertmanager, as it is shown: a silence elsewhere is another one. */
  at: string;
  /** What it is to hold, or what it held when it was read. */
  silence: {
    matchers: readonly { name: string; value: string; isRegex: boolean; isEqual: boolean }[];
    /** ISO 8601. */
    startsAt: string;
    endsAt: string;
    createdBy: string;
    comment: string;
  };
}

/** A file of alerting and recording rules as it is to stand in the folder of them. */
export interface MetricsRule {
  kind: 'metrics-rule';
  /** `RuleFile` by its name. */
  target: Ref;
  /** The folder it was planned for: a file elsewhere is another one. */
  directory: string;
  /** All of it; absent: it is to be gone. */
  text?: string;
  /** SHA-256 of the text that was read; absent: there was none. */
  expects?: string;
  /** Tests of promtool that it has to pass. */
  tests?: readonly JsonObject[];
}

/** A dashboard of a Grafana as it is to stand there, or one that goes. */
export interface MetricsDashboard {
  kind: 'metrics-dashboard';
  does: 'save' | 'delete';
  /** `Dashboard` by its uid. */
  target: Ref;
  /** The Grafana, as it is shown: a dashboard elsewhere is another one. */
  at: string;
  /** Uid of its folder; empty: the one at the top. */
  folder: string;
  /** Its model, without id, uid and version: what it is to be, or what it was when it was read. */
  dashboard: JsonObject;
  /** That was read; absent: there was none. */
  version?: number;
  /** For its history. */
  message: string;
}

/** A note on a dashboard at a time, or over one, or one that goes. */
export interface MetricsAnnotation {
  kind: 'metrics-annotation';
  does: 'create' | 'delete';
  /** `Annotation` by the mark that was drawn for it and ends its text. */
  target: Ref;
  /** The Grafana, as it is shown. */
  at: string;
  /** Uid of the dashboard. */
  dashboard: string;
  annotation: {
    text: string;
    tags: readonly string[];
    /** ISO 8601. */
    from: string;
    /** Absent: it marks a moment. */
    until?: string;
  };
}

/** What a tool wants done to one target, as data. Times and random values are drawn when it is made, never later. */
export type Change =
  | K8sApply
  | K8sPatch
  | K8sDelete
  | K8sDrain
  | K8sEvict
  | K8sRunJob
  | K8sExec
  | K8sCopy
  | K8sPortForward
  | MetricsSilence
  | MetricsRule
  | MetricsDashboard
  | MetricsAnnotation
  | BackupRun
  | BackupPrune
  | BackupDrill
  | BackupRestore
  | BackupSchedule;
