import { isObject } from '../../core/json.ts';
import { type Fills, fillIn, objectAt } from './fill.ts';

export const storageDefaults: Fills = {
  'core.v1.PersistentVolume': given => fillIn(objectAt(given, 'status'), { phase: 'Pending' }),
  'core.v1.PersistentVolumeSpec': given =>
    fillIn(given, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
  'core.v1.PersistentVolumeClaim': given => fillIn(objectAt(given, 'status'), { phase: 'Pending' }),
  'core.v1.PersistentVolumeClaimSpec': given => fillIn(given, { volumeMode: 'Filesystem' }),
  'storage.v1.StorageClass': given =>
    fillIn(given, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'storage.v1.CSIDriverSpec': given =>
    fillIn(given, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    }),
  'core.v1.Secret': given => {
    const texts = given['stringData'];
    if (isObject(texts)) {
      // stringData is for writing only: the server stores it encoded under data.
      const data = objectAt(given, 'data');
      for (const [name, text] of Object.entries(texts)) {
        if (typeof text === 'string') data[name] = Buffer.from(text, 'utf8').toString('base64');
      }
      delete given['stringData'];
    }
    fillIn(given, { type: 'Opaque' });
  },
  'core.v1.Namespace': given => {
    const metadata = objectAt(given, 'metadata');
    const { name } = metadata;
    if (typeof name === 'string' && name !== '') {
      metadata['labels'] = { ...objectAt(metadata, 'labels'), 'kubernetes.io/metadata.name': name };
    }
  },
  'core.v1.NamespaceStatus': given => fillIn(given, { phase: 'Active' }),
  'core.v1.NodeStatus': given => fillIn(given, { allocatable: given['capacity'] }),
  'core.v1.LimitRangeItem': given => {
    if (given['type'] !== 'Container') return;
    const limit = { ...asMap(given['max']), ...asMap(given['default']) };
    const request = { ...asMap(given['min']), ...limit, ...asMap(given['defaultRequest']) };
    if (Object.keys(limit).length > 0) given['default'] = limit;
    if (Object.keys(request).length > 0) given['defaultRequest'] = request;
  },
};

function asMap(value: unknown) {
  return isObject(value) ? value : {};
}
