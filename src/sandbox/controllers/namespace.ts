import type { Namespace } from '../../kubernetes/kinds/cluster.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { allKinds } from '../../kubernetes/schema.ts';
import type { ClusterView, Controller, Operation } from './controller.ts';
import { customKinds, storedKinds } from './garbage.ts';
import { deleteOf, isDeleting, updateOf } from './owners.ts';

/**
 * Empties a namespace that is being deleted and lets it go when nothing is left in it; gives a new one the service
 * account and the certificates that every namespace has.
 */
export const namespaceController: Controller = {
  name: 'namespace',
  get watches() {
    return ['Namespace', ...storedKinds()];
  },
  keysOf(changed, view) {
    if (isKind(changed, 'Namespace')) return [changed.metadata.name];
    const { namespace, name } = changed.metadata;
    if (namespace === undefined) return [];
    // What every namespace has comes back; else only one that is on its way out is waiting for its content.
    if (name === rootCertificates || name === 'default') return [namespace];
    const owner = view.get({ kind: 'Namespace', name: namespace });
    return owner !== undefined && isDeleting(owner) ? [namespace] : [];
  },
  reconcile(view, _nowMs, name) {
    const [namespace] = ofKind(view.list('Namespace'), 'Namespace').filter(
      each => each.metadata.name === name,
    );
    if (namespace === undefined) return { operations: [] };
    return { operations: isDeleting(namespace) ? empty(view, namespace) : furnish(view, namespace) };
  },
};

function empty(view: ClusterView, namespace: Namespace): Operation[] {
  const { name } = namespace.metadata;
  const content = contentOf(view, name);
  if (content.length > 0)
    return content.filter(object => !isDeleting(object)).map(object => deleteOf(object));
  if ((namespace.spec?.finalizers ?? []).length === 0) return [];
  // Nothing waits for events, and the deletion itself makes new ones up to its end.
  const events = view.list('Event', name).map(event => deleteOf(event));
  return [...events, updateOf({ ...namespace, spec: { ...namespace.spec, finalizers: [] } })];
}

function contentOf(view: ClusterView, name: string): KubeObject[] {
  const kinds = [...namespacedKinds(), ...customKinds(view, { namespacedOnly: true })];
  return [...new Set(kinds)]
    .flatMap(kind => view.list(kind, name))
    .filter(object => object.metadata.namespace === name);
}

let namespaced: string[] | undefined;

function namespacedKinds(): string[] {
  if (namespaced !== undefined) return namespaced;
  const inNamespaces = new Set(allKinds().flatMap(info => (info.namespaced ? info.kind : [])));
  namespaced = storedKinds().filter(kind => inNamespaces.has(kind));
  return namespaced;
}

function furnish(view: ClusterView, { metadata: { name: namespace } }: Namespace): Operation[] {
  const operations: Operation[] = [];
  if (view.get({ apiVersion: 'v1', kind: 'ServiceAccount', name: 'default', namespace }) === undefined) {
    operations.push({
      do: 'create',
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
    });
  }
  if (view.get({ apiVersion: 'v1', kind: 'ConfigMap', name: rootCertificates, namespace }) === undefined) {
    operations.push({
      do: 'create',
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: rootCertificates,
          namespace,
          annotations: {
            'kubernetes.io/description': 'Certificates by which pods can check the API server.',
          },
        },
        data: { 'ca.crt': '' },
      },
    });
  }
  return operations;
}

const rootCertificates = 'kube-root-ca.crt';
