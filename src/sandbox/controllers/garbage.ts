import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { allKinds } from '../../kubernetes/schema.ts';
import type { Controller, Operation } from './controller.ts';
import { deleteOf, updateOf, withoutFinalizer } from './owners.ts';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/** Kinds that no request stores (reviews) or that own and are owned by nothing (events). */
const leftOut = new Set(['Event', 'Binding', 'ComponentStatus', 'Eviction', 'Scale']);

const stored = allKinds().filter(info => info.verbs.includes('delete') && !leftOut.has(info.kind));

/** The kinds that a cluster stores, each once however many groups or versions serve it. */
export const storedKinds: readonly string[] = [...new Set(stored.map(info => info.kind))];

/** Those of them that are in namespaces. */
export const namespacedKinds: readonly string[] = [
  ...new Set(stored.filter(info => info.namespaced).map(info => info.kind)),
];

/**
 * Deletes what belongs to nobody any more, and carries out deletions that wait for it: `foregroundDeletion` keeps an
 * owner until its dependents are gone, `orphan` cuts them loose first.
 */
export const garbageController: Controller = {
  name: 'garbage',
  watches: storedKinds,
  // Of what is gone it looks at those that belonged to it; of what changes, at it and at owners that wait for it.
  keysOf(changed, view) {
    const { uid = '', ownerReferences = [] } = changed.metadata;
    const dependents = view.withUid(uid) === undefined ? view.dependentsOf(uid) : [changed];
    const owners = ownerReferences.map(owner => owner.uid).filter(owner => waits(view.withUid(owner)));
    return [...dependents.map(each => each.metadata.uid ?? ''), ...owners];
  },
  reconcile(view, _nowMs, uid) {
    const object = view.withUid(uid);
    if (object === undefined) return { operations: [] };
    if (isDeleting(object)) return { operations: carryOut(object, view.dependentsOf(uid)) };
    const owners = object.metadata.ownerReferences ?? [];
    const orphaned = owners.length > 0 && owners.every(owner => view.withUid(owner.uid) === undefined);
    return { operations: orphaned ? [deleteOf(object, { propagation: 'Background' })] : [] };
  },
};

function waits(owner: KubeObject | undefined): boolean {
  return owner !== undefined && isDeleting(owner) && (owner.metadata.finalizers ?? []).length > 0;
}

function carryOut(owner: KubeObject, dependents: readonly KubeObject[]): Operation[] {
  const finalizers = owner.metadata.finalizers ?? [];
  if (finalizers.includes(orphan)) {
    return [...dependents.map(each => release(each, owner)), withoutFinalizer(owner, orphan)];
  }
  if (!finalizers.includes(foreground)) return [];
  const blocking = dependents.filter(each =>
    each.metadata.ownerReferences?.some(
      reference => reference.uid === owner.metadata.uid && reference.blockOwnerDeletion === true,
    ),
  );
  if (blocking.length === 0) return [withoutFinalizer(owner, foreground)];
  return (
    dependents
      .filter(each => !isDeleting(each))
      // What has no dependents of its own need not wait for any.
      .map(each => deleteOf(each, { propagation: isKind(each, 'Pod') ? 'Background' : 'Foreground' }))
  );
}

function release(dependent: KubeObject, owner: KubeObject): Operation {
  const { ownerReferences = [], ...metadata } = dependent.metadata;
  const rest = ownerReferences.filter(reference => reference.uid !== owner.metadata.uid);
  return updateOf({
    ...dependent,
    metadata: { ...metadata, ...(rest.length === 0 ? {} : { ownerReferences: rest }) },
  });
}
