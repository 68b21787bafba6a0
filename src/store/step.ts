import type { Change } from '../core/change.ts';
import type { Ref } from '../core/ref.ts';
import type { Trusted } from '../core/trusted-text.ts';
import type { StepState, StepTable } from './tables.ts';

/** How to take one applied change back, in the order in which the parts must run, or why nobody can. */
export type WayBack = Change[] | { irreversible: Trusted };

/** One change of a plan as it was carried out. Times are ISO 8601. */
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

export function readStep(row: StepTable): Step {
  return {
    index: row.step,
    state: row.state,
    target: JSON.parse(row.target) as Ref,
    ...(row.uid === null ? {} : { uid: row.uid }),
    ...(row.resource_version === null ? {} : { resourceVersion: row.resource_version }),
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.applied_at === null ? {} : { appliedAt: row.applied_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    evidence: JSON.parse(row.evidence) as string[],
  };
}

export function wayBackLabel(id: string, index: number): string {
  return `way back of step ${index} of ${id}`;
}
