import { isObject } from '../../core/json.ts';
import type { PersistentVolumeClaim, StorageClass } from '../../kubernetes/kinds/storage.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { Controller, Operation } from './controller.ts';
import { deleteOf, isDeleting, statusOf, updateOf } from './owners.ts';

/** Gives each claim of a known storage class a volume once a pod mounts it, and takes the volume back after it. */
export const volumeController: Controller = {
  name: 'volume',
  watches: ['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass', 'Pod'],
  reconcile(view) {
    const classes = ofKind(view.list('StorageClass'), 'StorageClass');
    const claims = ofKind(view.list('PersistentVolumeClaim'), 'PersistentVolumeClaim');
    const mounted = new Set(view.list('Pod').flatMap(mountsOf));
    const operations: Operation[] = [];
    for (const claim of claims) {
      const storageClass = classOf(claim, classes);
      if (isDeleting(claim) || storageClass === undefined) continue;
      const waits = storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !mounted.has(keyOf(claim));
      if (!waits || claim.spec.volumeName !== undefined) operations.push(...bind(claim, storageClass));
      else operations.push(...statusOf(claim, { phase: 'Pending' }));
    }
    const claimUids = new Set(claims.map(claim => claim.metadata.uid));
    for (const volume of ofKind(view.list('PersistentVolume'), 'PersistentVolume')) {
      const owner = volume.spec.claimRef?.uid;
      if (owner === undefined || claimUids.has(owner) || isDeleting(volume)) continue;
      const reclaimed = volume.spec.persistentVolumeReclaimPolicy === 'Delete';
      operations.push(...(reclaimed ? [deleteOf(volume)] : statusOf(volume, { phase: 'Released' })));
    }
    return { operations };
  },
};

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function mountsOf(pod: KubeObject): string[] {
  const volumes = pod.spec?.['volumes'];
  return (Array.isArray(volumes) ? volumes : []).flatMap(volume => {
    const claim = isObject(volume) ? volume['persistentVolumeClaim'] : undefined;
    const name = isObject(claim) ? claim['claimName'] : undefined;
    return typeof name === 'string' ? [`${pod.metadata.namespace ?? ''}/${name}`] : [];
  });
}

function classOf(claim: PersistentVolumeClaim, classes: readonly StorageClass[]): StorageClass | undefined {
  const name = claim.spec.storageClassName;
  if (name !== undefined) return classes.find(each => each.metadata.name === name);
  return classes.find(
    each => each.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
}

function bind(claim: PersistentVolumeClaim, storageClass: StorageClass): Operation[] {
  const capacity = { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' };
  const accessModes = claim.spec.accessModes ?? ['ReadWriteOnce'];
  const name = `pvc-${claim.metadata.uid}`;
  if (claim.spec.volumeName === name) return statusOf(claim, { phase: 'Bound', accessModes, capacity });
  if (claim.spec.volumeName !== undefined) return [];
  const { namespace = '', uid = '' } = claim.metadata;
  const volume: KubeObject = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': storageClass.provisioner } },
    spec: {
      capacity,
      accessModes,
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: claim.metadata.name,
        uid,
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
      hostPath: {
        path: `/var/lib/rancher/k3s/storage/${name}_${namespace}_${claim.metadata.name}`,
        type: 'DirectoryOrCreate',
      },
    },
    status: { phase: 'Bound' },
  };
  const spec = { ...claim.spec, storageClassName: storageClass.metadata.name, volumeName: name };
  return [{ do: 'create', object: volume }, updateOf({ ...claim, spec })];
}
