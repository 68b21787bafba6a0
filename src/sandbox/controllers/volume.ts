import type {
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
} from '../../kubernetes/kinds/storage.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { mismatchOf, nextOf } from '../../kubernetes/scheduling/claim-binding.ts';
import { claimNames, volumeOf } from '../../kubernetes/scheduling/claims.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import type { ClusterView, Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { deleteOf, statusOf, updateOf } from './owners.ts';

const { tell, warn } = eventsFrom('persistentvolume-controller');
const boundByController = 'pv.kubernetes.io/bound-by-controller';
const bindCompleted = 'pv.kubernetes.io/bind-completed';
/** The provisioner of K3s: what it makes stays on the node it was made for. */
const localProvisioner = 'rancher.io/local-path';

/** Binds claims to volumes: to one that is free and large enough, or to one that the claim's class makes. */
export const claimController = eachObject('PersistentVolumeClaim', {
  name: 'claim',
  watches: ['PersistentVolume', 'StorageClass', 'Pod'],
  concerned(changed, view) {
    if (isKind(changed, 'Pod')) {
      const { namespace } = changed.metadata;
      const names = claimNames(changed);
      return names.length === 0
        ? []
        : view.list('PersistentVolumeClaim', namespace).filter(claim => names.includes(claim.metadata.name));
    }
    if (isKind(changed, 'PersistentVolume') && changed.spec.claimRef?.uid !== undefined) {
      const claim = view.withUid(changed.spec.claimRef.uid);
      return claim === undefined ? [] : [claim];
    }
    // A free volume, or another class, may be what any of those that wait are waiting for.
    return ofKind(view.list('PersistentVolumeClaim'), 'PersistentVolumeClaim').filter(
      claim => claim.spec.volumeName === undefined,
    );
  },
  reconcile(claim, { view, nowMs }) {
    if (isDeleting(claim)) return { operations: [] };
    const volume = volumeOf(claim, view);
    const mismatch = volume === undefined ? undefined : mismatchOf(claim, volume);
    if (mismatch !== undefined)
      return {
        operations: [
          ...statusOf(claim, { phase: 'Pending' }),
          warn(claim, { reason: 'VolumeMismatch', message: mismatch }),
        ],
      };
    if (volume !== undefined) return { operations: settle(claim, { volume, nowMs }) };
    if (claim.status?.phase === 'Bound')
      return { operations: statusOf(claim, { ...claim.status, phase: 'Lost' }) };
    return { operations: find(claim, view) };
  },
});

/** Takes volumes back when their claims are gone, as their policy says. */
export const volumeController = eachObject('PersistentVolume', {
  name: 'volume',
  watches: ['PersistentVolumeClaim'],
  concerned(changed, view) {
    const volume = isKind(changed, 'PersistentVolumeClaim') ? volumeOf(changed, view) : undefined;
    return volume === undefined ? [] : [volume];
  },
  reconcile(volume, { view, nowMs }) {
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
    if (claimRef?.uid === undefined) return { operations: show(volume, { phase: 'Available', nowMs }) };
    if (view.withUid(claimRef.uid) !== undefined)
      return { operations: show(volume, { phase: 'Bound', nowMs }) };
    const released = show(volume, { phase: 'Released', nowMs });
    const goes = persistentVolumeReclaimPolicy === 'Delete' && wasProvisioned(volume) && !isDeleting(volume);
    return { operations: goes ? [...released, deleteOf(volume)] : released };
  },
});

function wasProvisioned({ metadata }: PersistentVolume): boolean {
  return metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined;
}

function show(volume: PersistentVolume, { phase, nowMs }: { phase: string; nowMs: number }): Operation[] {
  if (volume.status?.phase === phase) return [];
  return statusOf(volume, { phase, lastPhaseTransitionTime: timestampAt(nowMs) });
}

/** Both sides name each other before the claim counts as bound. */
function settle(
  claim: PersistentVolumeClaim,
  { volume, nowMs }: { volume: PersistentVolume; nowMs: number },
): Operation[] {
  const { claimRef } = volume.spec;
  if (claimRef?.uid !== undefined && claimRef.uid !== claim.metadata.uid) return [];
  const { accessModes, capacity } = volume.spec;
  const taken = claimRef?.uid === undefined ? [updateOf(takenBy(volume, claim))] : [];
  return [
    ...taken,
    ...show(volume, { phase: 'Bound', nowMs }),
    ...statusOf(claim, {
      ...claim.status,
      phase: 'Bound',
      ...(accessModes === undefined ? {} : { accessModes }),
      ...(capacity === undefined ? {} : { capacity }),
    }),
  ];
}

function takenBy(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const meant = volume.spec.claimRef !== undefined;
  const annotations = { ...volume.metadata.annotations, ...(meant ? {} : { [boundByController]: 'yes' }) };
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...volume.spec, claimRef: referenceTo(claim) },
  };
}

function referenceTo({ metadata }: PersistentVolumeClaim) {
  const { namespace = '', name, uid = '' } = metadata;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid };
}

function find(claim: PersistentVolumeClaim, view: ClusterView): Operation[] {
  const next = nextOf(claim, { view, unplaced: view.podsOn('') });
  switch (next.do) {
    case 'take default class':
      return [updateOf({ ...claim, spec: { ...claim.spec, storageClassName: next.storageClassName } })];
    case 'bind':
      return bind(claim, next.volume);
    case 'provision':
      return provision(claim, next);
    case 'wait': {
      const { isFault, reason, message } = next;
      return [...statusOf(claim, { phase: 'Pending' }), (isFault ? warn : tell)(claim, { reason, message })];
    }
  }
}

function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Operation[] {
  const annotations = { ...claim.metadata.annotations, [bindCompleted]: 'yes', [boundByController]: 'yes' };
  const metadata = { ...claim.metadata, annotations };
  return [updateOf({ ...claim, metadata, spec: { ...claim.spec, volumeName: volume.metadata.name } })];
}

/** What the provisioner of a class does a moment after it is asked; every class in the sandbox has one. */
function provision(
  claim: PersistentVolumeClaim,
  { storageClass, nodeName }: { storageClass: StorageClass; nodeName: string | undefined },
): Operation[] {
  const { namespace = '', name, uid } = claim.metadata;
  const { provisioner } = storageClass;
  const volume = `pvc-${uid}`;
  const external = eventsFrom(provisioner);
  return [
    tell(claim, {
      reason: 'ExternalProvisioning',
      message: `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
    }),
    external.tell(claim, {
      reason: 'Provisioning',
      message: `External provisioner is provisioning volume for claim "${namespace}/${name}"`,
    }),
    { do: 'create', object: provisioned(claim, { storageClass, nodeName, name: volume }) },
    external.tell(claim, {
      reason: 'ProvisioningSucceeded',
      message: `Successfully provisioned volume ${volume}`,
    }),
  ];
}

function provisioned(
  claim: PersistentVolumeClaim,
  {
    storageClass,
    nodeName,
    name,
  }: { storageClass: StorageClass; nodeName: string | undefined; name: string },
): KubeObject {
  const local = storageClass.provisioner === localProvisioner && nodeName !== undefined;
  const terms = [
    { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName ?? ''] }] },
  ];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': storageClass.provisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      claimRef: referenceTo(claim),
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(local ? { nodeAffinity: { required: { nodeSelectorTerms: terms } } } : {}),
      hostPath: {
        path: `/var/lib/rancher/k3s/storage/${name}_${claim.metadata.namespace ?? ''}_${claim.metadata.name}`,
        type: 'DirectoryOrCreate',
      },
    },
    status: { phase: 'Bound' },
  };
}
