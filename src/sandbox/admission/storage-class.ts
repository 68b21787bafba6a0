import type { AdmissionPlugin } from './plugin.ts';

const mark = 'storageclass.kubernetes.io/is-default-class';

/** Gives a new claim without a class the default one, of several the newest. */
export const storageClass: AdmissionPlugin = {
  complete({ cluster, resource, object, live }) {
    const { annotations } = object.metadata;
    const named =
      object.spec?.['storageClassName'] ?? annotations?.['volume.beta.kubernetes.io/storage-class'];
    if (resource.kind !== 'PersistentVolumeClaim' || live !== undefined || named !== undefined) return object;
    const [newest] = cluster.state
      .list('storage.k8s.io/storageclasses')
      .filter(each => each.metadata.annotations?.[mark] === 'true')
      .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
    if (newest === undefined) return object;
    return { ...object, spec: { ...object.spec, storageClassName: newest.metadata.name } };
  },
};
