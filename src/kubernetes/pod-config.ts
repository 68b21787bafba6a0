import type { Pod } from './kinds/pod.ts';
import { isKind } from './kinds.ts';
import type { ObjectView } from './object-view.ts';

/** The one thing that is read of a cluster to resolve what a pod refers to. */
export type ObjectSource = Pick<ObjectView, 'get'>;

/** Where a pod's configuration lies; kubelets name the two in their own way when a key is missing. */
export type ConfigKind = 'ConfigMap' | 'Secret';

/** The bytes of each key of a ConfigMap or Secret in the pod's namespace; absent: there is no such object. */
export function readConfig(
  source: ObjectSource,
  { pod, kind, name }: { pod: Pod; kind: ConfigKind; name: string },
): Map<string, Buffer> | undefined {
  const { namespace = '' } = pod.metadata;
  const object = source.get({ apiVersion: 'v1', kind, namespace, name });
  if (object === undefined) return undefined;
  if (isKind(object, 'Secret')) return bytesOf(object.data, 'base64');
  if (!isKind(object, 'ConfigMap')) return undefined;
  return new Map([...bytesOf(object.data, 'utf8'), ...bytesOf(object.binaryData, 'base64')]);
}

function bytesOf(data: Record<string, string> | undefined, encoding: 'base64' | 'utf8'): Map<string, Buffer> {
  return new Map(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]));
}

/** As a kubelet puts it. */
export function notFoundText(kind: ConfigKind, name: string): string {
  return `${kind.toLowerCase()} "${name}" not found`;
}

/** The field of a pod that the downward API hands to its containers; a field it does not know is empty. */
export function podField(pod: Pod, path: string): string {
  const { metadata, spec, status } = pod;
  const key = /\['(.+)'\]$/.exec(path)?.[1] ?? '';
  if (path.startsWith('metadata.labels[')) return metadata.labels?.[key] ?? '';
  if (path.startsWith('metadata.annotations[')) return metadata.annotations?.[key] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid ?? '';
    case 'metadata.labels':
      return linesOf(metadata.labels);
    case 'metadata.annotations':
      return linesOf(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
      return status?.podIP ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return status?.hostIP ?? '';
    default:
      return '';
  }
}

function linesOf(pairs: Record<string, string> = {}): string {
  return Object.keys(pairs)
    .sort()
    .map(key => `${key}=${JSON.stringify(pairs[key])}`)
    .join('\n');
}
