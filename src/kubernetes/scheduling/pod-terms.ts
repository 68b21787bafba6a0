import type { Pod } from '../kinds/pod.ts';
import type { PodAffinityTerm } from '../kinds/scheduling.ts';
import type { ObjectView } from '../object-view.ts';
import { isDeleting } from '../owners.ts';
import { matchesLabels, requirementsOf } from '../selectors.ts';
import type { Room } from './node-room.ts';
import type { Verdict } from './verdict.ts';

/** How pods that are there attract and keep off one that has to be placed. */
export interface Neighbours {
  /** For each term of the pod, the values of its topology key that have a matching pod. */
  near: readonly (ReadonlySet<string> | 'first')[];
  apart: readonly ReadonlySet<string>[];
  /** `key=value` of every topology from which a pod that is there keeps this one off. */
  keptOff: ReadonlySet<string>;
}

/** Looked up once a pod: where its terms, and those of others about it, hold. */
export function neighboursOf(
  pod: Pod,
  { rooms, view }: { rooms: readonly Room[]; view: ObjectView },
): Neighbours {
  const near = requiredTerms(pod, 'podAffinity').map(term => {
    const places = placesOf(term, { pod, rooms, view });
    // The first of a group of pods that want each other has nobody to join.
    return places.size === 0 && matches(term, { of: pod, other: pod, view }) ? 'first' : places;
  });
  const apart = requiredTerms(pod, 'podAntiAffinity').map(term => placesOf(term, { pod, rooms, view }));
  const keptOff = new Set<string>();
  for (const { node, pods } of rooms) {
    for (const there of pods) {
      for (const term of requiredTerms(there, 'podAntiAffinity')) {
        const value = node.metadata.labels?.[term.topologyKey];
        if (value !== undefined && matches(term, { of: there, other: pod, view }))
          keptOff.add(`${term.topologyKey}=${value}`);
      }
    }
  }
  return { near, apart, keptOff };
}

export function refusalByNeighbours(
  pod: Pod,
  { neighbours, room }: { neighbours: Neighbours; room: Room },
): Verdict | undefined {
  const labels = room.node.metadata.labels ?? {};
  for (const [index, { topologyKey }] of requiredTerms(pod, 'podAffinity').entries()) {
    const value = labels[topologyKey];
    const places = neighbours.near[index];
    if (value === undefined || (places !== 'first' && places?.has(value) !== true))
      return { why: "node(s) didn't match pod affinity rules", evictionHelps: false };
  }
  for (const [index, { topologyKey }] of requiredTerms(pod, 'podAntiAffinity').entries()) {
    if (neighbours.apart[index]?.has(labels[topologyKey] ?? '') === true)
      return { why: "node(s) didn't match pod anti-affinity rules", evictionHelps: true };
  }
  for (const place of neighbours.keptOff) {
    const [key = '', value] = place.split('=');
    if (labels[key] === value)
      return { why: "node(s) didn't satisfy existing pods anti-affinity rules", evictionHelps: true };
  }
  return undefined;
}

/** How much a node is wanted for the pods that the pod would like to be near to, or away from. */
export function preferenceByNeighbours(
  pod: Pod,
  { rooms, view }: { rooms: readonly Room[]; view: ObjectView },
): (room: Room) => number {
  const terms = (['podAffinity', 'podAntiAffinity'] as const).flatMap(side =>
    (pod.spec.affinity?.[side]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ weight, podAffinityTerm: term }) => ({
        key: term.topologyKey,
        places: placesOf(term, { pod, rooms, view }),
        weight: side === 'podAffinity' ? weight : -weight,
      }),
    ),
  );
  return ({ node }) =>
    terms.reduce(
      (sum, { key, places, weight }) => sum + (places.has(node.metadata.labels?.[key] ?? '') ? weight : 0),
      0,
    );
}

function requiredTerms({ spec }: Pod, side: 'podAffinity' | 'podAntiAffinity'): readonly PodAffinityTerm[] {
  return spec.affinity?.[side]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

function placesOf(
  term: PodAffinityTerm,
  { pod, rooms, view }: { pod: Pod; rooms: readonly Room[]; view: ObjectView },
): Set<string> {
  const places = new Set<string>();
  for (const { node, pods } of rooms) {
    const value = node.metadata.labels?.[term.topologyKey];
    if (value === undefined || places.has(value)) continue;
    if (pods.some(other => !isDeleting(other) && matches(term, { of: pod, other, view }))) places.add(value);
  }
  return places;
}

/** Without namespaces a term speaks of those of its own pod; a term without a selector speaks of none. */
function matches(
  term: PodAffinityTerm,
  { of, other, view }: { of: Pod; other: Pod; view: ObjectView },
): boolean {
  const { labelSelector, namespaces = [], namespaceSelector } = term;
  if (labelSelector === undefined || !matchesLabels(requirementsOf(labelSelector), other.metadata.labels))
    return false;
  const { namespace = '' } = other.metadata;
  if (namespaces.length === 0 && namespaceSelector === undefined) return namespace === of.metadata.namespace;
  if (namespaces.includes(namespace)) return true;
  if (namespaceSelector === undefined) return false;
  const { labels } = view.get({ kind: 'Namespace', name: namespace })?.metadata ?? {};
  return matchesLabels(requirementsOf(namespaceSelector), labels);
}
