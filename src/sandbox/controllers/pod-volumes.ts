import { type JsonObject, memberOf, textOf } from '../../core/json.ts';
import { volumeContent } from '../../kubernetes/container-files.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { ClusterView } from './controller.ts';
import { type Frame, nextBackOff, nextTellableMs, warn } from './kubelet.ts';

/** The waits between two tries to mount a volume. */
const firstMountWaitMs = 500;
const longestMountWaitMs = 122_000;

/** Whether all volumes of a pod are mounted; says which is not, as often as a kubelet tries it. */
export function mountVolumes(frame: Frame): boolean {
  const faults = (frame.pod.spec.volumes ?? []).flatMap(
    volume => mountFault(frame.view, { pod: frame.pod, volume }) ?? [],
  );
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

function mountFault(
  view: ClusterView,
  { pod, volume }: { pod: Pod; volume: JsonObject },
): string | undefined {
  const name = textOf(volume, 'name');
  const claim = memberOf(volume, 'persistentVolumeClaim');
  const fault =
    claim === undefined ? undefined : claimFault(view, { pod, claim: textOf(claim, 'claimName') });
  if (fault !== undefined)
    return `Unable to attach or mount volumes: unmounted volumes=[${name}], unattached volumes=[], failed to process volumes=[${name}]: ${fault}`;
  const content = volumeContent(view, { pod, volume });
  return content.fault === undefined
    ? undefined
    : `MountVolume.SetUp failed for volume "${name}" : ${content.fault}`;
}

function claimFault(view: ClusterView, { pod, claim }: { pod: Pod; claim: string }): string | undefined {
  const { namespace = '' } = pod.metadata;
  const found = view.get({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claim });
  const what = `error processing PVC ${namespace}/${claim}: `;
  if (found === undefined)
    return `${what}failed to fetch PVC from API server: persistentvolumeclaims "${claim}" not found`;
  const bound = isKind(found, 'PersistentVolumeClaim') && found.spec.volumeName !== undefined;
  return bound ? undefined : `${what}PVC is not bound`;
}
