import type { KubeObject } from './object.ts';

const finalizerOf: Record<string, string> = {
  PersistentVolumeClaim: 'kubernetes.io/pvc-protection',
  PersistentVolume: 'kubernetes.io/pv-protection',
};

/** The finalizer that keeps storage while it is used; absent: the kind has none. */
export function protectionOf({ kind, apiVersion }: KubeObject): string | undefined {
  return apiVersion === 'v1' ? finalizerOf[kind] : undefined;
}

/** New storage, held while it is used. */
export function withProtection(object: KubeObject): KubeObject {
  const protection = protectionOf(object);
  const { finalizers = [] } = object.metadata;
  if (protection === undefined || finalizers.includes(protection)) return object;
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, protection] } };
}
