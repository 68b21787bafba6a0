import type { AuditEvent } from './audit-row.ts';
import type { ChangeState } from './change-reader.ts';
import type { MomentState } from './schedule-reader.ts';

// Columns as both SQLite and PostgreSQL hold them: text for times (ISO 8601, UTC, so that they sort) and JSON, blobs for
// what is sealed. Field names are the column names.

/** A change from its proposal on; the same row is its ticket. */
export interface ChangeTable {
  id: string;
  environment: string;
  cluster_uid: string;
  /** JSON of a ClusterIdentity; null on changes from before migration 2. */
  cluster: string | null;
  tool: string;
  digest: string;
  state: ChangeState;
  /** JSON of an Actor. */
  actor: string;
  risk: string;
  summary: string;
  /** JSON of Ref[]. */
  targets: string;
  diff: string;
  undo: string;
  reason: string | null;
  created_at: string;
  expires_at: string | null;
  decided_by: string | null;
  decided_at: string | null;
  finished_at: string | null;
  /** JSON of string[]. */
  evidence: string;
  undo_of: string | null;
  undone_by: string | null;
  /** Gone once the change is closed. */
  sealed_plan: Uint8Array | null;
  /** What the asker is shown where it differs from the record; else null, and on changes from before migration 7. */
  sealed_own: Uint8Array | null;
  /** JSON of an Approval. */
  approval: string | null;
  owner: string | null;
  /** Counts who executed: every claim and every adoption adds one, and only the newest may write. */
  epoch: number;
  lease_until: string | null;
  way_back_until: string | null;
  wrong_passphrases: number;
  /** Whose budget it is; null on changes from before migration 4. */
  person: string | null;
  /** HMAC of tool and input without the asker's words; null on changes from before migration 4. */
  question: string | null;
  /** For whom a rejection holds; null while it is not rejected, and on rejections from before migration 6: for the asker. */
  cools_down: 'asker' | 'everybody' | null;
}

/** `started`: announced; whether it reached the cluster is not known. `applied`: the cluster answered. */
export type StepState = 'pending' | 'started' | 'applied' | 'verified' | 'unverified' | 'failed' | 'returned';

/** One change of a plan as it was carried out. */
export interface StepTable {
  change_id: string;
  step: number;
  state: StepState;
  /** JSON of a Ref. */
  target: string;
  uid: string | null;
  resource_version: string | null;
  started_at: string | null;
  applied_at: string | null;
  ended_at: string | null;
  evidence: string;
  sealed_way_back: Uint8Array | null;
}

/** One link of the audit chain. */
export interface AuditTable {
  sequence: number;
  at: string;
  event: AuditEvent;
  change_id: string | null;
  environment: string | null;
  /** Canonical JSON. */
  facts: string;
  previous: string;
  hash: string;
}

interface SettingTable {
  key: string;
  value: string;
}

/** Wrong passphrases of one approver in a row. */
interface AttemptTable {
  approver: string;
  failures: number;
  paused_until: string | null;
}

/** A place in a budget that an automatic change took: one for each object. */
interface AutomaticTable {
  change_id: string;
  environment: string;
  person: string;
  /** null: it counts for the hour alone. */
  object: string | null;
  at: string;
}

/** Denials of one person in one environment that no audit row tells of yet. */
export interface DenialTable {
  environment: string;
  person: string;
  count: number;
  first_at: string;
  last_at: string;
  first_rule: string;
  /** The ticket that all of them were about. */
  change_id: string | null;
  /** JSON of an object: of the last one. */
  facts: string;
}

/** Up to which row one witness of the audit was told. */
interface WitnessTable {
  witness: string;
  sequence: number;
  hash: string;
  told_at: string | null;
  failing_since: string | null;
  why: string | null;
}

/** What is done by itself at given times, on the approval of the change that made it. */
interface ScheduleTable {
  environment: string;
  name: string;
  change_id: string;
  /** JSON of a Schedule, to be shown; what counts is in the plan. */
  schedule: string;
  sealed_plan: Uint8Array;
  since: string;
}

/** A moment that a schedule named, once something was begun for it. */
export interface MomentTable {
  environment: string;
  name: string;
  moment: string;
  /** Of the schedule. */
  change_id: string;
  state: MomentState;
  started_at: string;
  ended_at: string | null;
  /** 1: a drill was begun too. */
  drilled: number;
  /** JSON of string[]. */
  said: string;
}

/** Who goes through the schedules of an environment, and when somebody last did. */
interface TickTable {
  environment: string;
  owner: string | null;
  lease_until: string | null;
  seen_at: string;
}

/** A ticket that is a gate of a run. */
interface GateTable {
  change_id: string;
  run: string;
  /** Of the approval step. */
  path: string;
  seat: number;
}

/** What was done under a gate: the same step once, and again only where that can do no harm. */
interface GateUseTable {
  run: string;
  /** The path of the step. */
  step: string;
  /** From 1. */
  use: number;
  /** The gate: the ticket of its first seat. */
  gate_id: string;
  /** What it went as. */
  change_id: string;
}

export interface Tables {
  changes: ChangeTable;
  steps: StepTable;
  audit: AuditTable;
  settings: SettingTable;
  attempts: AttemptTable;
  witnesses: WitnessTable;
  automatic: AutomaticTable;
  denials: DenialTable;
  schedules: ScheduleTable;
  moments: MomentTable;
  ticks: TickTable;
  gates: GateTable;
  gate_uses: GateUseTable;
  schema_version: { version: number };
}
