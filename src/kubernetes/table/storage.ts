import type { Json } from '../../core/json.ts';
import {
  age,
  ageColumn,
  column,
  definePrinter,
  integerColumn,
  nameColumn,
  quantityText,
  wideColumn,
} from './printer.ts';

export const configMapPrinter = definePrinter('ConfigMap', {
  columns: [nameColumn, column('Data', 'How many entries it holds.'), ageColumn],
  cells(map, nowMs) {
    const entries = Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length;
    return [map.metadata.name, entries, age(map, nowMs)];
  },
});

export const secretPrinter = definePrinter('Secret', {
  columns: [
    nameColumn,
    column('Type', 'What the secret is for.'),
    column('Data', 'How many entries it holds.'),
    ageColumn,
  ],
  cells: (secret, nowMs) => [
    secret.metadata.name,
    secret.type ?? 'Opaque',
    Object.keys(secret.data ?? {}).length,
    age(secret, nowMs),
  ],
});

const volumeColumns = {
  capacity: column('Capacity', 'Size of the volume.'),
  accessModes: column('Access Modes', 'How nodes may mount it: RWO, ROX, RWX or RWOP.'),
  storageClass: column('StorageClass', 'Class it is provisioned by.'),
  attributesClass: column('VolumeAttributesClass', 'Class of its changeable attributes.'),
  volumeMode: wideColumn('VolumeMode', 'Whether it holds a file system or is a raw block device.'),
};

export const persistentVolumeClaimPrinter = definePrinter('PersistentVolumeClaim', {
  columns: [
    nameColumn,
    column('Status', 'Phase of the claim.'),
    column('Volume', 'Volume that it is bound to.'),
    volumeColumns.capacity,
    volumeColumns.accessModes,
    volumeColumns.storageClass,
    volumeColumns.attributesClass,
    ageColumn,
    volumeColumns.volumeMode,
  ],
  cells(claim, nowMs) {
    const { metadata, spec, status } = claim;
    const bound = (spec.volumeName ?? '') !== '';
    return [
      metadata.name,
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec.volumeName ?? '',
      bound ? quantityText(status?.capacity?.['storage'], '0') : '',
      bound ? shortModes(status?.accessModes) : '',
      spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      age(claim, nowMs),
      spec.volumeMode ?? '<unset>',
    ];
  },
});

export const persistentVolumePrinter = definePrinter('PersistentVolume', {
  columns: [
    nameColumn,
    volumeColumns.capacity,
    volumeColumns.accessModes,
    column('Reclaim Policy', 'What becomes of it when its claim is gone.'),
    column('Status', 'Phase of the volume.'),
    column('Claim', 'Claim that it is bound to.'),
    volumeColumns.storageClass,
    volumeColumns.attributesClass,
    column('Reason', 'Why it is in its phase.'),
    ageColumn,
    volumeColumns.volumeMode,
  ],
  cells(volume, nowMs): Json[] {
    const { metadata, spec, status } = volume;
    return [
      metadata.name,
      quantityText(spec.capacity?.['storage'], '0'),
      shortModes(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
      spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? '<unset>',
      status?.reason ?? '',
      age(volume, nowMs),
      spec.volumeMode ?? '<unset>',
    ];
  },
});

const modeLetters = new Map([
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]);

/** The letters of the modes, in the order of the table above whatever the order in the object. */
function shortModes(modes: readonly string[] | undefined): string {
  return [...modeLetters].flatMap(([mode, letters]) => (modes?.includes(mode) ? [letters] : [])).join(',');
}

export const storageClassPrinter = definePrinter('StorageClass', {
  columns: [
    nameColumn,
    column('Provisioner', 'Who makes its volumes.'),
    column('ReclaimPolicy', 'What becomes of a volume when its claim is gone.'),
    column('VolumeBindingMode', 'When a volume is made: at once or with its first pod.'),
    column('AllowVolumeExpansion', 'Whether its volumes can grow.'),
    ageColumn,
  ],
  cells(storageClass, nowMs) {
    const { metadata } = storageClass;
    const isDefault = metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true';
    return [
      `${metadata.name}${isDefault ? ' (default)' : ''}`,
      storageClass.provisioner,
      storageClass.reclaimPolicy ?? 'Delete',
      storageClass.volumeBindingMode ?? 'Immediate',
      storageClass.allowVolumeExpansion ?? false,
      age(storageClass, nowMs),
    ];
  },
});

export const priorityClassPrinter = definePrinter('PriorityClass', {
  columns: [
    nameColumn,
    integerColumn('Value', 'Priority of its pods; the higher goes first.'),
    { ...column('Global-Default', 'Whether pods without a class get it.'), type: 'boolean' },
    ageColumn,
    column('PreemptionPolicy', 'Whether its pods may push out others.'),
  ],
  cells: (priorityClass, nowMs) => [
    priorityClass.metadata.name,
    priorityClass.value,
    priorityClass.globalDefault ?? false,
    age(priorityClass, nowMs),
    priorityClass.preemptionPolicy ?? '',
  ],
});
