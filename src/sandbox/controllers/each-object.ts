import { groupOf, isKind, type KnownKind, type ObjectOf } from '../../kubernetes/kinds.ts';
import { type KubeObject, splitApiVersion } from '../../kubernetes/object.ts';
import type { ClusterView, Controller, Reconciled } from './controller.ts';

/** The moment and the cluster in which one object is looked at. */
export interface Surroundings {
  view: ClusterView;
  nowMs: number;
}

/** `namespace/name`: the key of an object for the controller of its kind. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/**
 * A controller that looks after each object of one kind by itself. Beside the object, changes of what it owns wake it;
 * `concerned` finds those that a change of another watched object concerns.
 */
export function eachObject<K extends KnownKind>(
  kind: K,
  own: {
    name: string;
    watches: readonly string[];
    concerned?: (changed: KubeObject, view: ClusterView) => readonly KubeObject[];
    reconcile: (object: ObjectOf<K>, surroundings: Surroundings) => Reconciled;
  },
): Controller {
  const group = groupOf(kind);
  return {
    name: own.name,
    watches: [kind, ...own.watches],
    keysOf(changed, view) {
      if (isKind(changed, kind)) return [keyOf(changed)];
      const { namespace = '', ownerReferences = [] } = changed.metadata;
      const owners = ownerReferences
        .filter(owner => owner.kind === kind && splitApiVersion(owner.apiVersion).group === group)
        .map(owner => `${namespace}/${owner.name}`);
      return [...owners, ...(own.concerned?.(changed, view) ?? []).map(keyOf)];
    },
    reconcile(view, nowMs, key) {
      const [namespace = '', name = ''] = key.split('/');
      const object = view.get({ kind, name, ...(namespace === '' ? {} : { namespace }) });
      if (object === undefined || !isKind(object, kind)) return { operations: [] };
      return own.reconcile(object, { view, nowMs });
    },
  };
}
