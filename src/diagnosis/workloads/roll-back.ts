import type { Fix } from '../../core/finding.ts';
import { describeRef } from '../../core/ref.ts';
import { cleanLine } from '../../core/text.ts';
import type { PodTemplate } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { rollBackFix } from '../fixes.ts';
import type { Snapshot } from '../snapshot.ts';
import { earlierRevision } from './revisions.ts';

// One line; names of images can be long.
const doesChars = 160;

/**
 * The way back to the revision before, where that one has been seen to work and lacks the fault. None: there is no such
 * revision, it was not read, or nothing shows that it worked.
 * @param without whether a pod spec is free of what is wrong
 */
export function wayBack(
  workload: KubeObject,
  { snapshot, without }: { snapshot: Snapshot; without: (spec: PodTemplate['spec']) => boolean },
): Fix[] {
  // A StatefulSet waits for its broken pod to become ready before it goes back: a rollback alone heals nothing there.
  if (isKind(workload, 'StatefulSet')) return [];
  if (isKind(workload, 'Deployment') && workload.spec.paused === true) return [];
  const earlier = earlierRevision(workload, snapshot);
  if (earlier === undefined || !without(earlier.spec)) return [];
  if (earlier.ready === 0 && !hasOlderPodsReady(workload)) return [];
  const images = earlier.spec.containers.map(({ image = '' }) => image).slice(0, 2);
  const { revision } = earlier;
  const ref = refOf(workload);
  const does = `Roll ${describeRef(ref)} back to revision ${revision} (${images.join(', ')})`;
  return [rollBackFix(ref, { revision, does: cleanLine(does, doesChars) })];
}

/** Of a DaemonSet only its counts tell that pods of the revision before still serve. */
function hasOlderPodsReady(workload: KubeObject): boolean {
  if (!isKind(workload, 'DaemonSet')) return false;
  const { numberReady = 0, updatedNumberScheduled = 0, desiredNumberScheduled = 0 } = workload.status ?? {};
  return numberReady > 0 && updatedNumberScheduled < desiredNumberScheduled;
}
