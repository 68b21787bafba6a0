import type { KubeObject } from '../../kubernetes/object.ts';

/** The cluster's own. What is in them comes with it, and is changed by whoever makes the cluster. */
const systemNamespaces = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

/** Whether an object belongs to the cluster itself, a namespace of it among them. */
export function isSystem({ kind, metadata }: KubeObject): boolean {
  return systemNamespaces.has(kind === 'Namespace' ? metadata.name : (metadata.namespace ?? ''));
}
