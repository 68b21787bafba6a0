import type { Namespace } from '../../kubernetes/kinds/cluster.ts';
import { type Condition, transitionTime } from '../../kubernetes/kinds/condition.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import { type KubeObject, refOf, splitApiVersion } from '../../kubernetes/object.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { allKinds } from '../../kubernetes/schema.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import facts from '../bootstrap.json' with { type: 'json' };
import type { ClusterView, Controller, Operation } from './controller.ts';
import { namespacedKinds, storedKinds } from './garbage.ts';
import { deleteOf, statusOf, updateOf } from './owners.ts';

/**
 * Empties a namespace that is being deleted and lets it go when nothing is left in it; gives a new one the service
 * account and the certificates that every namespace has.
 */
export const namespaceController: Controller = {
  name: 'namespace',
  watches: ['Namespace', ...storedKinds],
  keysOf(changed, view) {
    if (isKind(changed, 'Namespace')) return [changed.metadata.name];
    const { namespace, name } = changed.metadata;
    if (namespace === undefined) return [];
    // What every namespace has comes back; else only one that is on its way out is waiting for its content.
    if (facts.namespaceObjects.some(each => each.metadata.name === name)) return [namespace];
    const owner = view.get({ kind: 'Namespace', name: namespace });
    return owner !== undefined && isDeleting(owner) ? [namespace] : [];
  },
  reconcile(view, nowMs, name) {
    const namespace = findIn(view, 'Namespace', { name });
    if (namespace === undefined) return { operations: [] };
    return {
      operations: isDeleting(namespace) ? empty(view, { namespace, nowMs }) : furnish(view, namespace),
    };
  },
};

function empty(
  view: ClusterView,
  { namespace, nowMs }: { namespace: Namespace; nowMs: number },
): Operation[] {
  const { name } = namespace.metadata;
  const content = contentOf(view, name);
  if (content.length > 0) {
    const doomed = content.filter(object => !isDeleting(object)).map(object => deleteOf(object));
    // What is only on its way is not worth a word; what is left when all were told to go is held by somebody.
    const held = doomed.length === 0 ? content : [];
    return [
      ...doomed,
      ...statusOf(namespace, { phase: 'Terminating', conditions: terminating(namespace, { held, nowMs }) }),
    ];
  }
  if ((namespace.spec?.finalizers ?? []).length === 0) return [];
  // Nothing waits for events, and the deletion itself makes new ones up to its end.
  const events = view.list('Event', name).map(event => deleteOf(event));
  return [...events, updateOf({ ...namespace, spec: { ...namespace.spec, finalizers: [] } })];
}

/** How far the deletion has come, as the namespace tells it. */
function terminating(
  { status }: Namespace,
  { held, nowMs }: { held: readonly KubeObject[]; nowMs: number },
): Condition[] {
  const kinds = counted(held.map(nameOfKind)).map(
    ([kind, count]) => `${kind} has ${count} resource instances`,
  );
  const finalizers = counted(held.flatMap(({ metadata }) => metadata.finalizers ?? [])).map(
    ([finalizer, count]) => `${finalizer} in ${count} resource instances`,
  );
  const troubles = new Map<string, { reason: string; message: string }>();
  if (kinds.length > 0) {
    const message = `Some resources are remaining: ${kinds.join(', ')}`;
    troubles.set('NamespaceContentRemaining', { reason: 'SomeResourcesRemain', message });
  }
  if (finalizers.length > 0) {
    const message = `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`;
    troubles.set('NamespaceFinalizersRemaining', { reason: 'SomeFinalizersRemain', message });
  }
  const time = timestampAt(nowMs);
  return facts.namespaceDeletion.map(({ type, ...good }) => {
    const bad = troubles.get(type);
    const state = bad === undefined ? 'False' : 'True';
    const lastTransitionTime = transitionTime(status?.conditions, { type, status: state, time });
    return { type, status: state, lastTransitionTime, ...(bad ?? good) };
  });
}

function counted(texts: readonly string[]): [text: string, count: number][] {
  const groups = [...Map.groupBy(texts, text => text)].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([text, same]) => [text, same.length]);
}

/** `configmaps.`, `deployments.apps`: as the controller of a real cluster names what is left. */
function nameOfKind({ apiVersion, kind }: KubeObject): string {
  const { group } = splitApiVersion(apiVersion);
  const plural = allKinds().find(info => info.kind === kind && info.group === group)?.plural;
  return `${plural ?? `${kind.toLowerCase()}s`}.${group}`;
}

function contentOf(view: ClusterView, name: string): KubeObject[] {
  const custom = ofKind(view.list('CustomResourceDefinition'), 'CustomResourceDefinition')
    .filter(({ spec }) => spec.scope === 'Namespaced')
    .map(({ spec }) => spec.names.kind);
  return [...new Set([...namespacedKinds, ...custom])]
    .flatMap(kind => view.list(kind, name))
    .filter(object => object.metadata.namespace === name);
}

function furnish(view: ClusterView, { metadata: { name: namespace } }: Namespace): Operation[] {
  return facts.namespaceObjects
    .map((object): KubeObject => ({ ...object, metadata: { ...object.metadata, namespace } }))
    .filter(object => view.get(refOf(object)) === undefined)
    .map(object => ({ do: 'create', object }));
}
