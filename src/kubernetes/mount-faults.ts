import { type JsonObject, memberOf, textOf } from '../core/json.ts';
import { volumeContent } from './container-files.ts';
import type { Pod } from './kinds/pod.ts';
import { findIn } from './object-view.ts';
import type { ObjectSource } from './pod-config.ts';

/** Why a kubelet could not mount the volumes of a pod, in its words: one text for each that it could not. */
export function mountFaults(pod: Pod, source: ObjectSource): string[] {
  return (pod.spec.volumes ?? []).flatMap(volume => mountFault(source, { pod, volume }) ?? []);
}

function mountFault(
  source: ObjectSource,
  { pod, volume }: { pod: Pod; volume: JsonObject },
): string | undefined {
  const name = textOf(volume, 'name');
  const claim = memberOf(volume, 'persistentVolumeClaim');
  const fault =
    claim === undefined ? undefined : claimFault(source, { pod, claim: textOf(claim, 'claimName') });
  if (fault !== undefined)
    return `Unable to attach or mount volumes: unmounted volumes=[${name}], unattached volumes=[], failed to process volumes=[${name}]: ${fault}`;
  const content = volumeContent(source, { pod, volume });
  return content.fault === undefined
    ? undefined
    : `MountVolume.SetUp failed for volume "${name}" : ${content.fault}`;
}

function claimFault(source: ObjectSource, { pod, claim }: { pod: Pod; claim: string }): string | undefined {
  const { namespace = '' } = pod.metadata;
  const found = findIn(source, 'PersistentVolumeClaim', { namespace, name: claim });
  const what = `error processing PVC ${namespace}/${claim}: `;
  if (found === undefined)
    return `${what}failed to fetch PVC from API server: persistentvolumeclaims "${claim}" not found`;
  return found.spec.volumeName === undefined ? `${what}PVC is not bound` : undefined;
}
