import type { Ref } from '../core/ref.ts';
import { refOf } from '../kubernetes/object.ts';
import { relationsOf } from './relations.ts';
import { keyOf, type Snapshot } from './snapshot.ts';

/**
 * The keys of an object, of what makes it, of what it makes, of what leads to it (its Services, their Ingresses), and of what
 * it leads to.
 */
export function keysAround(about: Ref, snapshot: Snapshot): Set<string> {
  const keys = new Set([keyOf(about)]);
  const object = snapshot.get(about);
  if (object !== undefined) keys.add(keyOf(refOf(snapshot.ownerOf(object))));
  for (const kind of ['Pod', 'ReplicaSet', 'Job'])
    for (const made of snapshot.list(kind, about.namespace))
      if (keys.has(keyOf(refOf(snapshot.ownerOf(made))))) keys.add(keyOf(refOf(made)));
  const { dependents } = relationsOf(snapshot);
  const below = new Set(keys);
  // The way down is short: an Ingress, its Services, their workloads, their pods.
  for (let steps = 0; steps < 4; steps += 1)
    for (const [key, above] of dependents) if (above.some(each => below.has(each))) below.add(key);
  for (const key of keys) for (const next of dependents.get(key) ?? []) keys.add(next);
  return new Set([...keys, ...below]);
}
