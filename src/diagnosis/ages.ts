import { conditionOf } from '../kubernetes/kinds/condition.ts';
import type { Pod } from '../kubernetes/kinds/pod.ts';
import type { Snapshot } from './snapshot.ts';

/** How long ago a time was by the cluster's clock, in milliseconds; 0 for one to come, undefined for none that can be read. */
export function sinceMs({ nowMs }: Snapshot, time: string | null | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, nowMs - ms);
}

/** How long a pod that is not ready has not been: since it was made, or since it last was; undefined where nothing tells. */
export function unreadyMs({ metadata, status }: Pod, snapshot: Snapshot): number | undefined {
  const ready = conditionOf(status?.conditions, 'Ready');
  return sinceMs(snapshot, ready?.lastTransitionTime ?? metadata.creationTimestamp);
}
