import type { Severity } from '../../core/finding.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { leewayOf } from '../../kubernetes/rolling-update.ts';
import { shareOf } from '../../kubernetes/share.ts';
import type { PodSet } from '../pod-sets.ts';

/** A workload as its severity is judged: how many pods it wants, and how many of whatever revision serve. */
type Serving = Pick<PodSet, 'object' | 'wanted' | 'ready'>;

/**
 * How grave it is that pods of some workloads cannot run, the same for every cause: `warning` where the pods that serve are
 * as many as a rollout of the workload has to leave, so that only a new revision is held up; else `critical`, since users
 * have less than they were promised.
 */
export function harmTo(...sets: readonly Serving[]): Severity {
  return sets.every(set => set.ready >= leastServing(set)) ? 'warning' : 'critical';
}

/** At least one: who wants a single pod is promised it, whatever the share of it that may be missing comes to. */
function leastServing({ object, wanted }: Serving): number {
  return Math.max(1, wanted - mayMiss(object, wanted));
}

/** How many pods a rollout may take away before it brings the next. Who asks for all at once promises nothing less. */
function mayMiss(object: PodSet['object'], wanted: number): number {
  if (isKind(object, 'Deployment'))
    return object.spec.strategy?.type === 'Recreate' ? 0 : leewayOf(object).unavailable;
  if (isKind(object, 'StatefulSet')) return 1;
  if (!isKind(object, 'DaemonSet')) return 0;
  return shareOf(object.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, {
    of: wanted,
    round: Math.ceil,
  });
}
