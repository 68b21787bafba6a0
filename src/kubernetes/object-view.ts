import type { Ref } from '../core/ref.ts';
import { isKind, type KnownKind, type ObjectOf } from './kinds.ts';
import type { KubeObject } from './object.ts';

/** Where rules about an object find the others that it refers to. What it hands out is never changed in place. */
export interface ObjectView {
  /** All objects of a kind (`Pod`, `ReplicaSet`), in all namespaces or in one, sorted by namespace and name. */
  list(kind: string, namespace?: string): readonly KubeObject[];
  get(ref: Ref): KubeObject | undefined;
}

/** One object, narrowed to its kind. */
export function findIn<K extends KnownKind>(
  view: Pick<ObjectView, 'get'>,
  kind: K,
  place: { name: string; namespace?: string },
): ObjectOf<K> | undefined {
  const object = view.get({ kind, ...place });
  return object !== undefined && isKind(object, kind) ? object : undefined;
}
