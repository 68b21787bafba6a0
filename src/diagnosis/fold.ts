import type { Finding } from '../core/finding.ts';
import { describeRef, type Ref } from '../core/ref.ts';
import { confidences, type Draft } from './analyzer.ts';
import { relationsOf } from './relations.ts';
import { keyOf, type Snapshot } from './snapshot.ts';

/** How many symptoms a root names; the rest are counted. */
const mostNamed = 8;

/**
 * Findings without those that another explains, root causes first. A symptom folds under the deepest draft that breaks
 * what it depends on; of two that explain each other the first in order stays.
 */
export function fold(drafts: readonly Draft[], snapshot: Snapshot): Finding[] {
  const found = drafts.filter(isFinding).toSorted(byWeight);
  const related = relationsOf(snapshot);
  const breaking = new Map<string, (Draft & Pick<Finding, 'severity'>)[]>();
  for (const draft of found) {
    for (const key of reach([draft.object, ...(draft.breaks ?? [])], related.dependents)) {
      const list = breaking.get(key);
      if (list === undefined) breaking.set(key, [draft]);
      else list.push(draft);
    }
  }
  const rootOf = new Map<Draft, Draft>();
  for (const draft of found.toReversed()) {
    const keys = (draft.dependsOn ?? []).map(keyOf);
    const causes = keys.flatMap(key => breaking.get(key) ?? []);
    const deeper = (breaking.get(keyOf(draft.object)) ?? []).filter(
      each => (each.depth ?? 0) > (draft.depth ?? 0),
    );
    const cause = [...deeper, ...causes].find(
      each => each !== draft && !leadsTo(each, { from: rootOf, to: draft }),
    );
    if (cause !== undefined) rootOf.set(draft, cause);
  }
  const symptoms = new Map<Draft, Draft[]>();
  for (const draft of found) {
    const root = lastOf(draft, rootOf);
    if (root !== draft) symptoms.set(root, [...(symptoms.get(root) ?? []), draft]);
  }
  return found
    .filter(draft => !rootOf.has(draft))
    .toSorted(
      (a, b) => weightOf(a) - weightOf(b) || (symptoms.get(b)?.length ?? 0) - (symptoms.get(a)?.length ?? 0),
    )
    .map(draft => findingOf(draft, symptoms.get(draft) ?? []));
}

type Found = Draft & Pick<Finding, 'severity'>;

function isFinding(draft: Draft): draft is Found {
  return draft.severity !== 'note';
}

function weightOf({ severity, confidence }: Found): number {
  return (severity === 'critical' ? 0 : confidences.length) + confidences.indexOf(confidence);
}

function byWeight(a: Found, b: Found): number {
  return weightOf(a) - weightOf(b) || (b.depth ?? 0) - (a.depth ?? 0);
}

/** All that stands or falls with the given objects. */
function reach(from: readonly Ref[], dependents: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set(from.map(keyOf));
  for (const key of reached) for (const next of dependents.get(key) ?? []) reached.add(next);
  return reached;
}

function leadsTo(draft: Draft, { from, to }: { from: ReadonlyMap<Draft, Draft>; to: Draft }): boolean {
  return lastOf(draft, from, to) === to;
}

function lastOf(draft: Draft, roots: ReadonlyMap<Draft, Draft>, stopAt?: Draft): Draft {
  let current = draft;
  for (;;) {
    if (current === stopAt) return current;
    const next = roots.get(current);
    if (next === undefined) return current;
    current = next;
  }
}

function findingOf(
  { breaks: _breaks, dependsOn: _dependsOn, depth: _depth, ...finding }: Found,
  symptoms: readonly Draft[],
): Finding {
  if (symptoms.length === 0) return finding;
  const names = symptoms.slice(0, mostNamed).map(({ object, code }) => `${describeRef(object)} (${code})`);
  const more = symptoms.length - names.length;
  return { ...finding, explains: more === 0 ? names : [...names, `and ${more} more`] };
}
