import { mountFaults } from '../../kubernetes/mount-faults.ts';
import { type Frame, nextBackOff, nextTellableMs, warn } from './kubelet.ts';

/** The waits between two tries to mount a volume. */
const firstMountWaitMs = 500;
const longestMountWaitMs = 122_000;

/** Whether all volumes of a pod are mounted; says which is not, as often as a kubelet tries it. */
export function mountVolumes(frame: Frame): boolean {
  const faults = mountFaults(frame.pod, frame.view);
  const last = frame.memory.tries.get('mount');
  if (faults.length === 0) {
    frame.memory.tries.delete('mount');
    return true;
  }
  let next = last;
  if (last === undefined || last.atMs + last.delayMs <= frame.nowMs) {
    for (const message of faults) warn(frame, { reason: 'FailedMount', message });
    next = nextBackOff(last, {
      firstMs: firstMountWaitMs,
      longestMs: longestMountWaitMs,
      nowMs: frame.nowMs,
    });
    frame.memory.tries.set('mount', next);
  }
  if (next !== undefined) frame.moments.push(nextTellableMs(frame, next.atMs + next.delayMs));
  return false;
}
