import { sha256Hex } from '../core/digest.ts';
import { canonicalJson, type JsonObject } from '../core/json.ts';

/** What an audit row tells of. */
export type AuditEvent =
  | 'denied'
  | 'ticketed'
  | 'approved'
  | 'held'
  | 'rejected'
  | 'started'
  | 'finished'
  | 'returned'
  | 'undone'
  | 'expired'
  | 'voided'
  | 'plan_changed'
  | 'recovered'
  | 'kill_switch_on'
  | 'kill_switch_off'
  | 'approver_added'
  | 'approver_removed'
  | 'policy_accepted'
  | 'env_trusted'
  | 'credentials_refused'
  | 'wrong_passphrase'
  | 'refused'
  | 'schedule_set'
  | 'schedule_removed'
  | 'rehearsed'
  | 'storm_held';

/** What a caller says about one event. `facts` hold who and how ({actor, onBehalfOf, assurance, serverTime, policyHash …}), never an input or a value. */
export interface AuditEntry {
  event: AuditEvent;
  changeId?: string;
  environment?: string;
  facts: JsonObject;
}

/** One row as it is hashed and exported. */
export interface AuditRow extends AuditEntry {
  v: 1;
  /** Gapless, from 1. */
  sequence: number;
  /** ISO 8601, this machine's clock. */
  at: string;
  /** Hash of the row before; 64 zeros for the first. */
  previous: string;
  /** SHA-256 over the canonical JSON of everything else in the row. */
  hash: string;
}

/** The rows about the kill switch: the newest of them says how it stands. */
export const switchEvents: readonly AuditEvent[] = ['kill_switch_on', 'kill_switch_off'];

/** The rows about schedules: the newest about one says which change it stands on. */
export const scheduleEvents: readonly AuditEvent[] = ['schedule_set', 'schedule_removed'];

/** The row that tells how a change ended. */
export const endEvents: readonly AuditEvent[] = ['finished', 'returned', 'recovered'];

/** What the first row links to. */
export const beginning = '0'.repeat(64);

export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  return sha256Hex(canonicalJson(row));
}
