import type { KnownKind, ObjectOf } from '../kubernetes/kinds.ts';
import { isKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { controllerUid } from '../kubernetes/owners.ts';
import type { Snapshot } from './snapshot.ts';

/** By snapshot and kind: a cluster has thousands of replica sets, and every workload asks for its own. */
const known = new WeakMap<Snapshot, Map<string, ReadonlyMap<string, readonly KubeObject[]>>>();

/** The objects of a kind whose controller an object is; none for one without a uid, as a file may hold it. */
export function madeBy<K extends KnownKind>(
  { metadata: { uid } }: KubeObject,
  { kind, snapshot }: { kind: K; snapshot: Snapshot },
): ObjectOf<K>[] {
  const made = uid === undefined ? [] : (byController(kind, snapshot).get(uid) ?? []);
  return made.filter(each => isKind(each, kind));
}

function byController(kind: KnownKind, snapshot: Snapshot): ReadonlyMap<string, readonly KubeObject[]> {
  const kinds = known.get(snapshot) ?? new Map<string, ReadonlyMap<string, readonly KubeObject[]>>();
  known.set(snapshot, kinds);
  const before = kinds.get(kind);
  if (before !== undefined) return before;
  const found: ReadonlyMap<string, readonly KubeObject[]> = Map.groupBy(
    snapshot.list(kind),
    each => controllerUid(each) ?? '',
  );
  kinds.set(kind, found);
  return found;
}
