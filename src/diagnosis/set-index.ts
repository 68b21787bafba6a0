import type { KubeObject } from '../kubernetes/object.ts';
import { type LabelRequirement, matchesLabels } from '../kubernetes/selectors.ts';
import type { PodSet } from './pod-sets.ts';
import type { Snapshot } from './snapshot.ts';

/*
 * Services, budgets and policies select by labels, and a namespace may hold thousands of each beside thousands of workloads.
 * Nearly every selector names one value of some label, and few have that one.
 */

interface Place {
  all: readonly PodSet[];
  byLabel: ReadonlyMap<string, readonly PodSet[]>;
  byKey: ReadonlyMap<string, readonly Label[]>;
  byValue: ReadonlyMap<string, readonly Label[]>;
}

type Label = readonly [key: string, value: string];

const known = new WeakMap<Snapshot, Map<string, Place>>();
const ofObjects = new WeakMap<Snapshot, ReadonlyMap<KubeObject, readonly PodSet[]>>();

/** The set whose pods an object makes: one or none. */
export function setsOf(object: KubeObject, snapshot: Snapshot): readonly PodSet[] {
  const byObject = ofObjects.get(snapshot) ?? new Map(snapshot.podSets.map(set => [set.object, [set]]));
  ofObjects.set(snapshot, byObject);
  return byObject.get(object) ?? [];
}

/** Everything that makes pods in a namespace. */
export function setsOfNamespace(snapshot: Snapshot, namespace: string): readonly PodSet[] {
  return placeOf(namespace, snapshot)?.all ?? [];
}

/** Those of them whose templates match a selector. */
export function setsMatching(
  requirements: readonly LabelRequirement[],
  at: { namespace: string; snapshot: Snapshot },
): PodSet[] {
  const labels = requirements.flatMap(({ key, operator, values: [value, ...others] }): Label[] =>
    operator === 'In' && value !== undefined && others.length === 0 ? [[key, value]] : [],
  );
  return setsWithRarest(labels, at).filter(set => matchesLabels(requirements, set.labels));
}

/** The labels that the templates of a namespace have under one key, or with one value under whatever key: each once. */
export function labelsLike(
  [key, value]: Label,
  { namespace, snapshot }: { namespace: string; snapshot: Snapshot },
): { ofKey: readonly Label[]; ofValue: readonly Label[] } {
  const place = placeOf(namespace, snapshot);
  return { ofKey: place?.byKey.get(key) ?? [], ofValue: place?.byValue.get(value) ?? [] };
}

/** The sets whose templates have a label, in whatever namespace. */
export function setsEverywhere(label: Label, snapshot: Snapshot): readonly PodSet[] {
  const places = placesOf(snapshot);
  return [...places.values()].flatMap(({ byLabel }) => byLabel.get(textOf(label)) ?? []);
}

/** The sets that have the rarest of some labels in their template: none has all of them beside these. Of no labels, all sets. */
export function setsWithRarest(
  labels: readonly Label[],
  { namespace, snapshot }: { namespace: string; snapshot: Snapshot },
): readonly PodSet[] {
  const place = placeOf(namespace, snapshot);
  if (place === undefined) return [];
  return labels
    .map(label => place.byLabel.get(textOf(label)) ?? [])
    .reduce((rarest, each) => (each.length < rarest.length ? each : rarest), place.all);
}

function placeOf(namespace: string, snapshot: Snapshot): Place | undefined {
  return placesOf(snapshot).get(namespace);
}

function placesOf(snapshot: Snapshot): ReadonlyMap<string, Place> {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const groups = Map.groupBy(snapshot.podSets, set => set.namespace);
  const places = new Map([...groups].map(([name, all]) => [name, indexOf(all)]));
  known.set(snapshot, places);
  return places;
}

function indexOf(all: readonly PodSet[]): Place {
  const byLabel = byLabelOf(all);
  const labels = new Map(
    all.flatMap(set => Object.entries(set.labels)).map(label => [textOf(label), label] as const),
  );
  return {
    all,
    byLabel,
    byKey: Map.groupBy(labels.values(), ([key]) => key),
    byValue: Map.groupBy(labels.values(), ([, value]) => value),
  };
}

function byLabelOf(sets: readonly PodSet[]): Map<string, PodSet[]> {
  const byLabel = new Map<string, PodSet[]>();
  for (const set of sets)
    for (const label of Object.entries(set.labels)) {
      const list = byLabel.get(textOf(label));
      if (list === undefined) byLabel.set(textOf(label), [set]);
      else list.push(set);
    }
  return byLabel;
}

/** No key of a label has a `=`. */
function textOf([key, value]: Label): string {
  return `${key}=${value}`;
}
