import type { StateTerminated } from '../../kubernetes/kinds/pod.ts';
import { sinceMs } from '../ages.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Instance } from './instances.ts';

/** A kubelet restarts once at once and then after 10 s: whoever only waited for a peer is up by the second restart. */
const decisiveRestarts = 2;
const youngMs = 60_000;
/** Restarts further apart than this are accidents, not a loop. */
const loopApartMs = 1_800_000;
/** A leak takes its time, yet fills the memory again and again. */
export const leakApartMs = 6 * 3_600_000;

/** A container that ends again and again. */
export interface Loop {
  end: StateTerminated;
  restarts: number;
  /** False: it runs just now, until the next end. */
  down: boolean;
}

/**
 * Whether a container is in a loop of restarts. One that has by now run twice as long as before its last end has
 * recovered; a pod is given its first minute.
 * @param apartMs how far apart ends may be to be a loop
 */
export function loopOf(
  { pod, status }: Instance,
  { snapshot, apartMs = loopApartMs }: { snapshot: Snapshot; apartMs?: number },
): Loop | undefined {
  const { state, lastState, restartCount: restarts, ready } = status;
  const end = state?.terminated ?? lastState?.terminated;
  if (end === undefined) return undefined;
  const ageMs = sinceMs(snapshot, pod.metadata.creationTimestamp) ?? Number.POSITIVE_INFINITY;
  if (state?.waiting?.reason === 'CrashLoopBackOff')
    return restarts < decisiveRestarts && ageMs < youngMs ? undefined : { end, restarts, down: true };
  if (restarts < decisiveRestarts) return undefined;
  if (state?.running === undefined) return { end, restarts, down: true };
  const ranMs = lengthOf(end);
  const runsMs = sinceMs(snapshot, state.running.startedAt);
  if (ranMs === undefined || runsMs === undefined) return ready ? undefined : { end, restarts, down: true };
  // By now it would have ended, had nothing changed.
  if (runsMs > 2 * ranMs + 1_000) return undefined;
  const isOften = ranMs <= apartMs && ageMs / restarts <= apartMs;
  return isOften ? { end, restarts, down: !ready } : undefined;
}

/** How long an instance ran; undefined where its kubelet does not tell. */
function lengthOf({ startedAt, finishedAt }: StateTerminated): number | undefined {
  const ms = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '');
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}
