import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../kinds/storage.ts';
import type { KubeObject } from '../object.ts';
import { findIn, type ObjectView } from '../object-view.ts';
import {
  claimNames,
  classOf,
  freeVolumeFor,
  isProvisioned,
  selectedNode,
  waitsForConsumer,
} from './claims.ts';
import { volumeAt } from './volumes.ts';

/** What becomes next of a claim without a volume. */
export type NextOfClaim =
  | { do: 'take default class'; storageClassName: string }
  | { do: 'bind'; volume: PersistentVolume }
  | { do: 'provision'; storageClass: StorageClass; nodeName: string | undefined }
  /** In the words of its controller; isFault: it does not get one by waiting. */
  | { do: 'wait'; reason: string; message: string; isFault: boolean };

/** unplaced: the pods that have no node yet. */
export function nextOf(
  claim: PersistentVolumeClaim,
  { view, unplaced }: { view: ObjectView; unplaced: readonly KubeObject[] },
): NextOfClaim {
  const storageClass = classOf(claim, view);
  const { storageClassName } = claim.spec;
  // One without a class takes the default as soon as there is one.
  if (storageClassName === undefined && storageClass !== undefined)
    return { do: 'take default class', storageClassName: storageClass.metadata.name };
  const nodeName = claim.metadata.annotations?.[selectedNode];
  if (waitsForConsumer(storageClass) && nodeName === undefined) {
    // Whoever waits for a place has a say in where the volume is; the scheduler tells.
    const names = unplaced.flatMap(pod => (consumes(pod, claim) ? pod.metadata.name : []));
    return names.length === 0
      ? wait('WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
      : wait('WaitForPodScheduled', `waiting for pod ${names.join(',')} to be scheduled`);
  }
  const node = nodeName === undefined ? undefined : findIn(view, 'Node', { name: nodeName });
  const volume = node === undefined ? freeVolumeFor(claim, { view }) : volumeAt(claim, { node, view });
  if (volume !== undefined) return { do: 'bind', volume };
  if (isProvisioned(storageClass)) return { do: 'provision', storageClass, nodeName };
  if (storageClassName && storageClass === undefined) {
    const message = `storageclass.storage.k8s.io "${storageClassName}" not found`;
    return { ...wait('ProvisioningFailed', message), isFault: true };
  }
  return wait('FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
}

/** Why a claim does not get the volume that it asks for by name, in the words of its controller; undefined: it does. */
export function mismatchOf(
  { status, spec }: PersistentVolumeClaim,
  { spec: has, metadata }: PersistentVolume,
): string | undefined {
  if (status?.phase === 'Bound') return undefined;
  const isOther = (spec.storageClassName ?? '') !== (has.storageClassName ?? '');
  const lacks = (spec.accessModes ?? []).some(mode => has.accessModes?.includes(mode) !== true);
  if (!isOther && !lacks) return undefined;
  const why = isOther ? 'storageClassName does not match' : 'incompatible accessMode';
  return `Cannot bind to requested volume "${metadata.name}": ${why}`;
}

function wait(reason: string, message: string): NextOfClaim & { do: 'wait' } {
  return { do: 'wait', reason, message, isFault: false };
}

function consumes(pod: KubeObject, { metadata }: PersistentVolumeClaim): boolean {
  return pod.metadata.namespace === metadata.namespace && claimNames(pod).includes(metadata.name);
}
