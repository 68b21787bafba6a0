import type { Change } from '../core/change.ts';
import { VigieError } from '../core/errors.ts';
import { trusted } from '../core/trusted-text.ts';
import { unseal } from './sealing.ts';
import { type WayBack, wayBackLabel } from './step.ts';
import type { ChangeTable, StepTable } from './tables.ts';

/** The changes that take a closed change back, the last step's first. @throws VigieError NO_UNDO with why */
export function collectWayBack(recorded: {
  change: ChangeTable;
  /** The last first. */
  steps: readonly StepTable[];
  sealKey: Uint8Array;
  now: string;
}): Change[] {
  const { change, steps, sealKey } = recorded;
  const applied = steps.filter(step => step.applied_at !== null && step.state !== 'returned');
  const why = obstacle(change, {
    applied,
    unknown: steps.filter(step => step.state === 'started'),
    now: recorded.now,
  });
  if (why !== undefined) throw noUndo(change.id, why);
  return applied.flatMap(step => {
    if (step.sealed_way_back === null) throw noUndo(change.id, 'its way back was deleted');
    const label = wayBackLabel(change.id, step.step);
    const wayBack = unseal(step.sealed_way_back, { key: sealKey, label }) as WayBack;
    if (Array.isArray(wayBack)) return wayBack;
    throw noUndo(change.id, wayBack.irreversible);
  });
}

function obstacle(
  change: ChangeTable,
  steps: { applied: readonly StepTable[]; unknown: readonly StepTable[]; now: string },
): string | undefined {
  switch (change.state) {
    case 'waiting':
      return 'it is not finished';
    case 'executing':
      // Whoever executes it renews its lease; nobody can tell a process that is gone from one that is slow before that.
      return `it is not finished. Should its process be gone, it can be undone after ${change.lease_until ?? 'a moment'}`;
    case 'approved':
    case 'rejected':
    case 'expired':
    case 'void':
    case 'plan_changed':
      return 'it was never applied';
    case 'returned':
      return 'what was applied was taken back already';
    case 'done':
    case 'unverified':
    case 'failed':
    case 'interrupted':
      break;
  }
  if (change.undone_by !== null) return `it was undone already by ${change.undone_by}`;
  if (steps.unknown.length > 0) {
    return 'it was interrupted, and whether its last step reached the cluster is not known: look at the object first';
  }
  if (steps.applied.length === 0) return 'nothing of it was applied';
  if (change.way_back_until !== null && change.way_back_until <= steps.now) {
    return `what stood there before was kept until ${change.way_back_until}`;
  }
  return undefined;
}

function noUndo(id: string, why: string): VigieError {
  return new VigieError('NO_UNDO', `The change ${id} cannot be undone: ${why}.`, {
    hint: trusted`See \`vigie changes get ${id}\`.`,
    details: { why },
  });
}
