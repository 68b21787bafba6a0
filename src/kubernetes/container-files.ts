import { isObject, type JsonObject, listOf, memberOf, textOf } from '../core/json.ts';
import { resourceField } from './container-environment.ts';
import type { Container, Pod } from './kinds/pod.ts';
import { type ConfigKind, notFoundText, type ObjectSource, podField, readConfig } from './pod-config.ts';

/** The files of a volume by their path in it, and, where a kubelet could not mount it, why in its words. */
export interface VolumeContent {
  files: ReadonlyMap<string, Buffer>;
  fault?: string;
}

/** The cluster publishes it in every namespace by itself: it is never what a pod waits for. */
const publishedConfig = 'kube-root-ca.crt';

/**
 * The files that a kubelet mounts into a container out of ConfigMaps, Secrets and the downward API, by their absolute
 * path, as they stand now; what programs write, volumes with a disk, and tokens are not among them. A volume that cannot
 * be mounted has none.
 */
export function containerFiles(
  source: ObjectSource,
  { pod, container }: { pod: Pod; container: Container },
): Map<string, Buffer> {
  const mounted = new Map<string, Buffer>();
  for (const mount of listOf(container, 'volumeMounts')) {
    const volume = pod.spec.volumes?.find(each => each['name'] === mount['name']);
    if (volume === undefined) continue;
    const root = textOf(mount, 'mountPath').replace(/\/+$/, '');
    const sub = textOf(mount, 'subPath');
    for (const [path, bytes] of volumeContent(source, { pod, volume }).files) {
      if (sub === '' || path.startsWith(`${sub}/`))
        mounted.set(`${root}/${sub === '' ? path : path.slice(sub.length + 1)}`, bytes);
      else if (path === sub) mounted.set(root, bytes);
    }
  }
  return mounted;
}

/** What a volume of a pod holds. Volumes of other sorts than configuration are empty, and always there. */
export function volumeContent(
  source: ObjectSource,
  { pod, volume }: { pod: Pod; volume: JsonObject },
): VolumeContent {
  const projected = memberOf(volume, 'projected');
  const parts = projected === undefined ? [volume] : listOf(projected, 'sources');
  const files = new Map<string, Buffer>();
  for (const part of parts) {
    const content = partContent(source, { pod, part });
    if (content.fault !== undefined) return { files: new Map(), fault: content.fault };
    for (const [path, bytes] of content.files) files.set(path, bytes);
  }
  return { files };
}

function partContent(source: ObjectSource, { pod, part }: { pod: Pod; part: JsonObject }): VolumeContent {
  if (isObject(part['downwardAPI'])) return { files: downwardFiles(pod, part['downwardAPI']) };
  const kind: ConfigKind = isObject(part['secret']) ? 'Secret' : 'ConfigMap';
  const reference = memberOf(part, kind === 'Secret' ? 'secret' : 'configMap');
  if (reference === undefined) return { files: new Map() };
  const name = textOf(reference, 'secretName') || textOf(reference, 'name');
  const config = readConfig(source, { pod, kind, name });
  const optional = reference['optional'] === true || name === publishedConfig;
  if (config === undefined)
    return { files: new Map(), ...(optional ? {} : { fault: notFoundText(kind, name) }) };
  const items = listOf(reference, 'items');
  if (items.length === 0) return { files: config };
  const files = new Map<string, Buffer>();
  for (const item of items) {
    const key = textOf(item, 'key');
    const bytes = config.get(key);
    if (bytes !== undefined) files.set(textOf(item, 'path'), bytes);
    else if (!optional) return { files, fault: missingKeyText(kind, key) };
  }
  return { files };
}

function missingKeyText(kind: ConfigKind, key: string): string {
  return kind === 'Secret'
    ? `references non-existent secret key: ${key}`
    : `configmap references non-existent config key: ${key}`;
}

function downwardFiles(pod: Pod, source: JsonObject): Map<string, Buffer> {
  return new Map(
    listOf(source, 'items').map(item => {
      const resource = memberOf(item, 'resourceFieldRef');
      const container = pod.spec.containers.find(each => each.name === resource?.['containerName']);
      const text =
        resource === undefined
          ? podField(pod, textOf(memberOf(item, 'fieldRef'), 'fieldPath'))
          : container === undefined
            ? ''
            : resourceField(container, resource);
      return [textOf(item, 'path'), Buffer.from(text)];
    }),
  );
}
