import type { Change } from './change.ts';
import type { JsonObject } from './json.ts';
import type { Ref } from './ref.ts';
import type { Trusted } from './trusted-text.ts';

export type RiskLevel = 'low' | 'medium' | 'high';

/** How much a change may hurt, with every reason that raised it. */
export interface Risk {
  level: RiskLevel;
  reasons: string[];
}

/** What one change would do, asked of the server before anything is written. Holds unredacted values: it never leaves as it is. */
export interface Preview {
  change: Change;
  operation: 'create' | 'update' | 'delete' | 'none';
  /** With the apiVersion and namespace the server uses. */
  target: Ref;
  /** Of the object that stands there now; absent when there is none. */
  uid?: string;
  resourceVersion?: string;
  /** Without what the server keeps for itself (managedFields, resourceVersion, status …). */
  before?: JsonObject;
  after?: JsonObject;
  /**
   * What whoever asked is told instead of `after`, where the change sets secret values: what other values in their
   * places would leave, so that no guess of one is answered. Absent: `after` itself.
   */
  told?: JsonObject;
  /** Paths (JSON pointers) the server draws anew at each dry run; the digest leaves them out. */
  volatile: string[];
  warnings: string[];
  /** Where names of the change lead, what by what: `destination disk` → `folder /backups`. Absent: the change or its cluster says it. */
  place?: { [what: string]: string };
  /** Other objects that go or restart with it. */
  alongside: { target: Ref; what: string }[];
  risk: Risk;
  /** The way back as it stands now, or why there is none. */
  undo: { possible: true } | { possible: false; why: Trusted };
  /** True when the server itself tried it (dry run); else why not, which raises the risk a step. */
  serverChecked: true | string;
}
