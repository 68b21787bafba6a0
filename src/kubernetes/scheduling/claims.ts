import { isObject } from '../../core/json.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../kinds/storage.ts';
import { ofKind } from '../kinds.ts';
import type { KubeObject } from '../object.ts';
import type { ObjectView } from '../object-view.ts';
import { isDeleting } from '../owners.ts';
import { compareQuantities } from '../quantities.ts';

/** The class of a cluster whose volumes somebody makes by hand. */
const noProvisioner = 'kubernetes.io/no-provisioner';
/** On a claim: the node for whose pod its volume is to be made. */
export const selectedNode = 'volume.kubernetes.io/selected-node';
const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** The claims that a pod mounts, by name; absent where there is none of the name. */
export function claimsOf(pod: KubeObject, view: ObjectView): Map<string, PersistentVolumeClaim | undefined> {
  const { namespace = '' } = pod.metadata;
  return new Map(
    claimNames(pod).map(name => {
      const found = view.get({ kind: 'PersistentVolumeClaim', name, namespace });
      return [name, ofKind(found === undefined ? [] : [found], 'PersistentVolumeClaim')[0]];
    }),
  );
}

export function claimNames(pod: KubeObject): string[] {
  const volumes = pod.spec?.['volumes'];
  return (Array.isArray(volumes) ? volumes : []).flatMap(volume => {
    const claim = isObject(volume) ? volume['persistentVolumeClaim'] : undefined;
    const name = isObject(claim) ? claim['claimName'] : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}

/** The class a claim is of; absent where it names one that there is not, or none and there is no default. */
export function classOf(claim: PersistentVolumeClaim, view: ObjectView): StorageClass | undefined {
  const classes = ofKind(view.list('StorageClass'), 'StorageClass');
  const name = claim.spec.storageClassName;
  if (name !== undefined) return classes.find(each => each.metadata.name === name);
  return classes.find(each => each.metadata.annotations?.[defaultClass] === 'true');
}

export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

export function isProvisioned(storageClass: StorageClass | undefined): storageClass is StorageClass {
  return storageClass !== undefined && storageClass.provisioner !== noProvisioner;
}

export function volumeOf(claim: PersistentVolumeClaim, view: ObjectView): PersistentVolume | undefined {
  const found = view.get({ kind: 'PersistentVolume', name: claim.spec.volumeName ?? '' });
  return ofKind(found === undefined ? [] : [found], 'PersistentVolume')[0];
}

/** The smallest free volume that a claim can have, of those it was meant for first. fits: what else it must be. */
export function freeVolumeFor(
  claim: PersistentVolumeClaim,
  { view, fits = () => true }: { view: ObjectView; fits?: (volume: PersistentVolume) => boolean },
): PersistentVolume | undefined {
  const { accessModes = [], storageClassName = '', volumeMode = 'Filesystem', resources } = claim.spec;
  const size = sizeOf(resources?.requests);
  const open = ofKind(view.list('PersistentVolume'), 'PersistentVolume').filter(
    volume =>
      !isDeleting(volume) &&
      isOpenTo(volume, claim) &&
      (volume.spec.storageClassName ?? '') === storageClassName &&
      (volume.spec.volumeMode ?? 'Filesystem') === volumeMode &&
      accessModes.every(mode => volume.spec.accessModes?.includes(mode)) &&
      compareQuantities(sizeOf(volume.spec.capacity), size) >= 0 &&
      // One that was made for the claim is where it was asked for.
      (volume.spec.claimRef?.uid === claim.metadata.uid || fits(volume)),
  );
  const meant = open.find(volume => volume.spec.claimRef !== undefined);
  return meant ?? open.sort((a, b) => compareQuantities(sizeOf(a.spec.capacity), sizeOf(b.spec.capacity)))[0];
}

/** Free, or set aside for this very claim. */
function isOpenTo({ spec, status }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { claimRef } = spec;
  if (claimRef === undefined) return status?.phase !== 'Released' && status?.phase !== 'Failed';
  return (
    claimRef.name === metadata.name &&
    claimRef.namespace === metadata.namespace &&
    (claimRef.uid === undefined || claimRef.uid === metadata.uid)
  );
}

function sizeOf(amounts: Record<string, unknown> | undefined): string {
  const size = amounts?.['storage'];
  return typeof size === 'string' || typeof size === 'number' ? `${size}` : '0';
}
