import type { SignedApproval } from '../core/approval.ts';
import type { Change } from '../core/change.ts';
import { VigieError } from '../core/errors.ts';
import type { Plan } from '../core/plan.ts';
import type { Ref } from '../core/ref.ts';
import type { AuditEntry } from './audit.ts';
import type { ChangeReader, ChangeRecord, ChangeState } from './change-reader.ts';

/** How to take one applied change back, in the order in which the parts must run, or why nobody can. */
export type WayBack = Change[] | { irreversible: string };

export type StepState = 'pending' | 'started' | 'applied' | 'verified' | 'unverified' | 'failed' | 'returned';

/** One change of a plan as it was carried out. */
export interface Step {
  index: number;
  state: StepState;
  target: Ref;
  /** Of the object as it was written; absent until applied. */
  uid?: string;
  resourceVersion?: string;
  startedAt?: string;
  appliedAt?: string;
  endedAt?: string;
  evidence: string[];
}

export type EndState = 'done' | 'unverified' | 'failed' | 'returned' | 'interrupted';

function todo(): never {
  throw new VigieError('INTERNAL', 'not built yet');
}

export class ChangeStore implements ChangeReader {
  async propose(_input: {
    plan: Plan;
    /** Redacted text for people. */
    record: { summary: string; diff: string; undo: string };
    state: 'waiting' | 'executing';
    expiresAt?: string;
    /** With `executing`: who runs it, and for how long without a renewal. */
    owner?: string;
    leaseMs?: number;
    audit: AuditEntry;
  }): Promise<{ record: ChangeRecord; epoch: number; existing: boolean }> {
    return todo();
  }
  async plan(_id: string): Promise<Plan> {
    return todo();
  }
  async claim(_input: {
    id: string;
    owner: string;
    leaseMs: number;
    approval: SignedApproval;
    audit: AuditEntry;
  }): Promise<{ epoch: number } | undefined> {
    return todo();
  }
  async close(_input: {
    id: string;
    from: 'waiting';
    to: 'rejected' | 'expired' | 'void' | 'plan_changed';
    by?: string;
    audit: AuditEntry;
  }): Promise<boolean> {
    return todo();
  }
  async fence(_input: { id: string; owner: string; epoch: number; leaseMs: number }): Promise<boolean> {
    return todo();
  }
  async stepStarted(_input: { id: string; epoch: number; index: number; wayBack: WayBack }): Promise<void> {}
  async stepApplied(_input: {
    id: string;
    epoch: number;
    index: number;
    applied: { uid: string; resourceVersion: string };
    wayBack: WayBack;
  }): Promise<void> {}
  async stepEnded(_input: {
    id: string;
    epoch: number;
    index: number;
    state: 'verified' | 'unverified' | 'failed' | 'returned';
    evidence: string[];
  }): Promise<void> {}
  async steps(_id: string): Promise<Step[]> {
    return todo();
  }
  async finish(_input: {
    id: string;
    owner: string;
    epoch: number;
    state: EndState;
    evidence: string[];
    audit: AuditEntry;
  }): Promise<void> {}
  async lapsed(): Promise<{ id: string; owner: string; epoch: number; leaseUntil: string }[]> {
    return todo();
  }
  async adopt(_input: {
    id: string;
    owner: string;
    epoch: number;
    leaseMs: number;
  }): Promise<{ epoch: number } | undefined> {
    return todo();
  }
  async expireDue(): Promise<string[]> {
    return todo();
  }
  /** Wrong passphrases of one approver; the answer is how many attempts the ticket has left. */
  async countWrongPassphrase(_input: { id?: string; approver: string; audit: AuditEntry }): Promise<number> {
    return todo();
  }
  /** Until when an approver may not try again; undefined: now. */
  async pausedUntil(_approver: string): Promise<string | undefined> {
    return undefined;
  }
  async list(_filter: {
    environment?: string;
    states?: readonly ChangeState[];
    limit: number;
    before?: string;
  }): Promise<ChangeRecord[]> {
    return todo();
  }
  async get(_id: string): Promise<ChangeRecord> {
    return todo();
  }
  async wait(_id: string, _until: { timeoutMs: number; signal: AbortSignal }): Promise<ChangeRecord> {
    return todo();
  }
  async wayBack(_id: string): Promise<Change[]> {
    return todo();
  }
}
