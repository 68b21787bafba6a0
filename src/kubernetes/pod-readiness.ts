import { conditionOf } from './kinds/condition.ts';
import type { Pod } from './kinds/pod.ts';
import { isDeleting } from './owners.ts';

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Ready and staying so: it can be worked with. */
export function isServing(pod: Pod): boolean {
  return isReady(pod) && !isDeleting(pod);
}

/** When a ready pod counts as available: once it has been ready for minReadySeconds. Infinity while it is not ready. */
export function availableAtMs(pod: Pod, minReadySeconds: number): number {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return Number.POSITIVE_INFINITY;
  if (minReadySeconds === 0) return Number.NEGATIVE_INFINITY;
  return Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000;
}

/** A pod that counts for its controller: neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isDeleting(pod) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** How many of the pods are ready and available, and when time alone makes the next one available. */
export function countReady(
  pods: readonly Pod[],
  { minReadySeconds, nowMs }: { minReadySeconds: number; nowMs: number },
): { ready: number; available: number; nextAvailableMs: number } {
  let ready = 0;
  let available = 0;
  let nextAvailableMs = Number.POSITIVE_INFINITY;
  for (const pod of pods) {
    if (!isReady(pod)) continue;
    ready += 1;
    const atMs = availableAtMs(pod, minReadySeconds);
    if (atMs <= nowMs) available += 1;
    else nextAvailableMs = Math.min(nextAvailableMs, atMs);
  }
  return { ready, available, nextAvailableMs };
}
