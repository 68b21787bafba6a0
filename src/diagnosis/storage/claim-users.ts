import type { Ref } from '../../core/ref.ts';
import { refOf } from '../../kubernetes/object.ts';
import { claimNames } from '../../kubernetes/scheduling/claims.ts';
import type { PodSet } from '../pod-sets.ts';
import { setsOf } from '../set-index.ts';
import type { Snapshot } from '../snapshot.ts';

const known = new WeakMap<Snapshot, ReadonlyMap<string, readonly PodSet[]>>();

/** What mounts a claim, by what its pods are to be and not by which of them there are. */
export function usersOfClaim(claim: Pick<Ref, 'name' | 'namespace'>, snapshot: Snapshot): readonly PodSet[] {
  const all = known.get(snapshot) ?? mountersIn(snapshot);
  known.set(snapshot, all);
  // The claims of a StatefulSet are its templates with the number of the pod behind; a pod's own (an ephemeral volume)
  // belong to it.
  const numbered = claim.name.replace(/-\d+$/, '-*');
  return [
    ...(all.get(keyOfClaim(claim)) ?? []),
    ...(numbered === claim.name ? [] : (all.get(keyOfClaim({ ...claim, name: numbered })) ?? [])),
    ...ownersOf(claim, snapshot),
  ];
}

/** Those of them that ought to run now. */
export function waitingFor(claim: Pick<Ref, 'name' | 'namespace'>, snapshot: Snapshot): PodSet[] {
  return usersOfClaim(claim, snapshot).filter(({ wanted, ready }) => wanted > ready);
}

export function refsOf(sets: readonly PodSet[]): Ref[] {
  return sets.map(({ object }) => refOf(object));
}

function mountersIn(snapshot: Snapshot): Map<string, PodSet[]> {
  const mounters = new Map<string, PodSet[]>();
  const add = (name: string, set: PodSet) => {
    const key = keyOfClaim({ name, namespace: set.namespace });
    const list = mounters.get(key);
    if (list === undefined) mounters.set(key, [set]);
    else list.push(set);
  };
  for (const set of snapshot.podSets)
    for (const name of claimNames({ ...set.object, spec: set.spec })) add(name, set);
  for (const each of snapshot.of('StatefulSet')) {
    const [set] = setsOf(each, snapshot);
    if (set === undefined) continue;
    for (const { metadata } of each.spec.volumeClaimTemplates ?? [])
      add(`${metadata.name}-${each.metadata.name}-*`, set);
  }
  return mounters;
}

function ownersOf(
  { name, namespace }: Pick<Ref, 'name' | 'namespace'>,
  snapshot: Snapshot,
): readonly PodSet[] {
  const claim = snapshot.find('PersistentVolumeClaim', {
    name,
    ...(namespace === undefined ? {} : { namespace }),
  });
  if (claim === undefined) return [];
  const owner = snapshot.ownerOf(claim);
  return owner === claim ? [] : setsOf(owner, snapshot);
}

function keyOfClaim({ name, namespace = '' }: Pick<Ref, 'name' | 'namespace'>): string {
  return `${namespace}/${name}`;
}
