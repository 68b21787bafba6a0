import type { Ref } from '../core/ref.ts';
import { refOf } from '../kubernetes/object.ts';
import { relationsOf } from './relations.ts';
import { keyOf, type Snapshot } from './snapshot.ts';

/** The keys of an object, of what makes it, of what it makes, and of what leads to it: its Services, their Ingresses. */
export function keysAround(about: Ref, snapshot: Snapshot): Set<string> {
  const keys = new Set([keyOf(about)]);
  const object = snapshot.get(about);
  if (object !== undefined) keys.add(keyOf(refOf(snapshot.ownerOf(object))));
  for (const kind of ['Pod', 'ReplicaSet', 'Job'])
    for (const made of snapshot.list(kind, about.namespace))
      if (keys.has(keyOf(refOf(snapshot.ownerOf(made))))) keys.add(keyOf(refOf(made)));
  const { dependents } = relationsOf(snapshot);
  for (const key of keys) for (const next of dependents.get(key) ?? []) keys.add(next);
  return keys;
}
