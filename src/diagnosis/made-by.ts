import type { KnownKind, ObjectOf } from '../kubernetes/kinds.ts';
import { isKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Snapshot } from './snapshot.ts';

/** By snapshot and kind: a cluster has thousands of replica sets, and every workload asks for its own. */
const known = new WeakMap<
  Snapshot,
  Map<string, ReadonlyMap<KubeObject | undefined, readonly KubeObject[]>>
>();

/** The objects of a kind whose controller an object is; none for one without a uid, as a file may hold it. */
export function madeBy<K extends KnownKind>(
  object: KubeObject,
  { kind, snapshot }: { kind: K; snapshot: Snapshot },
): ObjectOf<K>[] {
  const made = byMaker(kind, snapshot).get(object) ?? [];
  return made.filter(each => isKind(each, kind));
}

function byMaker(
  kind: KnownKind,
  snapshot: Snapshot,
): ReadonlyMap<KubeObject | undefined, readonly KubeObject[]> {
  const kinds = known.get(snapshot) ?? new Map<string, ReadonlyMap<KubeObject | undefined, KubeObject[]>>();
  known.set(snapshot, kinds);
  const found = kinds.get(kind) ?? Map.groupBy(snapshot.list(kind), each => snapshot.makerOf(each));
  kinds.set(kind, found);
  return found;
}
