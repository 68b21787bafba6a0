import { isObject, type Json, type JsonObject, plainText } from '../../core/json.ts';
import type { Pod } from '../kinds/pod.ts';
import type { PersistentVolumeClaim } from '../kinds/storage.ts';
import type { KubeObject } from '../object.ts';
import { podReferences } from '../pod-references.ts';
import { twinPlaceholder } from './copy-object.ts';

/**
 * What pods that run have, of kinds that could not be read: without it they would not start in the twin. Only of kinds
 * in `unread`; values are placeholders.
 */
export function fillIn(
  unread: ReadonlySet<string>,
  { pods, claims }: { pods: readonly Pod[]; claims: readonly PersistentVolumeClaim[] },
): KubeObject[] {
  const made = new Map<string, KubeObject>();
  const add = (object: KubeObject): void => {
    const { namespace = '', name } = object.metadata;
    if (unread.has(object.kind)) made.set(`${object.kind}/${namespace}/${name}`, object);
  };
  for (const { spec, metadata, status } of pods) {
    const { namespace = '' } = metadata;
    add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    if (spec.serviceAccountName !== undefined)
      add({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { namespace, name: spec.serviceAccountName },
      });
    if (spec.priorityClassName !== undefined)
      add({
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: spec.priorityClassName },
        value: spec.priority ?? 0,
      });
    // What a pod that never started lacks is not told by what it names.
    if (status?.containerStatuses?.every(each => each.state?.waiting !== undefined) !== false) continue;
    for (const { kind, name } of podReferences(spec)) {
      if (kind === 'PersistentVolumeClaim') continue;
      const before = made.get(`${kind}/${namespace}/${name}`)?.['data'];
      const value = kind === 'Secret' ? Buffer.from(twinPlaceholder).toString('base64') : twinPlaceholder;
      const keys = keysOf(spec, { kind, name });
      const data = Object.fromEntries(keys.map(key => [key, value]));
      add({
        apiVersion: 'v1',
        kind,
        metadata: { namespace, name },
        data: { ...(isObject(before) ? before : {}), ...data },
      });
    }
  }
  for (const { spec, status } of claims) {
    if (status?.phase !== 'Bound' || !spec.storageClassName) continue;
    add({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: spec.storageClassName },
      provisioner: 'vigie.dev/twin',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
  }
  return [...made.values()];
}

/** The keys of a ConfigMap or Secret that a pod's variables and files name. */
function keysOf(value: unknown, of: { kind: string; name: string }): string[] {
  if (Array.isArray(value)) return value.flatMap(item => keysOf(item, of));
  if (!isObject(value)) return [];
  const lower = of.kind === 'Secret' ? 'secret' : 'configMap';
  const variable = value[`${lower}KeyRef`];
  const own = isObject(variable) && variable['name'] === of.name ? [plainText(variable['key'] ?? '')] : [];
  const volume = value[lower];
  const isMeant = isObject(volume) && [volume['name'], volume['secretName']].includes(of.name);
  const files = isMeant ? itemKeys(volume) : [];
  return [...own, ...files, ...Object.values(value).flatMap(item => keysOf(item, of))];
}

function itemKeys({ items }: JsonObject): string[] {
  const list: Json[] = Array.isArray(items) ? items : [];
  return list.flatMap(item => (isObject(item) ? [plainText(item['key'] ?? '')] : []));
}
