import type { Actor } from '../core/actor.ts';
import type { Change } from '../core/change.ts';
import type { ClusterIdentity } from '../core/cluster.ts';
import type { RiskLevel } from '../core/preview.ts';
import type { Ref } from '../core/ref.ts';

/** Where a change stands. `waiting`: an open ticket. `approved`: a gate, of which its run may make use; nothing was sent. `returned`: it failed and what was applied was taken back. `interrupted`: its process died and a person must look. */
export type ChangeState =
  | 'waiting'
  | 'approved'
  | 'rejected'
  | 'expired'
  | 'void'
  | 'plan_changed'
  | 'executing'
  | 'done'
  | 'unverified'
  | 'failed'
  | 'returned'
  | 'interrupted';

/** One change as it may be shown: nothing in it is sealed or secret. Times are ISO 8601. */
export interface ChangeRecord {
  id: string;
  environment: string;
  clusterUid: string;
  /** The cluster it was planned for; absent on changes of older versions. */
  cluster?: ClusterIdentity;
  tool: string;
  digest: string;
  state: ChangeState;
  actor: Actor;
  risk: RiskLevel;
  summary: string;
  targets: Ref[];
  /** The redacted diff a person saw or would see. */
  diff: string;
  reason?: string;
  createdAt: string;
  expiresAt?: string;
  decidedBy?: string;
  decidedAt?: string;
  finishedAt?: string;
  evidence: string[];
  undoOf?: string;
  undoneBy?: string;
  /** `possible`, or why there is no way back. */
  undo: string;
}

/** Read access to recorded changes, handed to tools. */
export interface ChangeReader {
  /** Newest first. */
  list(filter: {
    environment?: string;
    states?: readonly ChangeState[];
    limit: number;
    before?: string;
  }): Promise<ChangeRecord[]>;
  /** @throws VigieError UNKNOWN_CHANGE with the nearest ids. */
  get(id: string): Promise<ChangeRecord>;
  /** Resolves when the change is in an end state, or with what stands when the time is over. */
  wait(id: string, until: { timeoutMs: number; signal: AbortSignal }): Promise<ChangeRecord>;
  /** The changes that take this one back. @throws VigieError NO_UNDO with why. */
  wayBack(id: string): Promise<Change[]>;
}
