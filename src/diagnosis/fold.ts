import type { Finding, Severity } from '../core/finding.ts';
import { inTurn } from '../core/in-turn.ts';
import { describeRef, type Ref } from '../core/ref.ts';
import { confidences, type Draft } from './analyzer.ts';
import { sized } from './finding-size.ts';
import { mayExplain } from './foreign-causes.ts';
import { relationsOf } from './relations.ts';
import { keyOf, type Snapshot } from './snapshot.ts';

/**
 * Findings without those that another explains, root causes first. A symptom folds under the deepest draft that breaks
 * what it depends on; of two that explain each other the weightier stays. The order of the drafts does not matter.
 */
export function fold(drafts: readonly Draft[], snapshot: Snapshot): Finding[] {
  return rootsOf(drafts, snapshot).map(found => findingOf(found, snapshot));
}

/** Of the same only those that are about one of some objects, by their keys, or break or explain one. */
export function foldAbout(
  drafts: readonly Draft[],
  { snapshot, keys }: { snapshot: Snapshot; keys: ReadonlySet<string> },
): Finding[] {
  const concerns = ({ object, breaks = [] }: Draft) => [object, ...breaks].some(ref => keys.has(keyOf(ref)));
  return rootsOf(drafts, snapshot)
    .filter(({ draft, own }) => concerns(draft) || own.some(concerns))
    .map(found => findingOf(found, snapshot));
}

/** Drafts that no other explains, with those that they explain. */
function rootsOf(drafts: readonly Draft[], snapshot: Snapshot): { draft: Found; own: readonly Found[] }[] {
  const found = drafts.filter(isFinding).toSorted(byWeight);
  const breaking = breakersIn(found, snapshot);
  const above = new Map<Found, Found>();
  // The lightest first, so that of a circle the weightiest is left without a cause.
  for (const draft of found.toReversed()) {
    const cause = causeOf(draft, { breaking, above, snapshot });
    if (cause !== undefined) above.set(draft, cause);
  }
  const symptoms = new Map<Found, Found[]>();
  for (const draft of found) {
    const root = topOf(draft, above);
    if (root === draft) continue;
    const own = symptoms.get(root);
    if (own === undefined) symptoms.set(root, [draft]);
    else own.push(draft);
  }
  const roots = found
    .filter(draft => !above.has(draft))
    .map(draft => ({ draft, own: symptoms.get(draft) ?? [], severity: worstOf(draft, symptoms.get(draft)) }))
    .toSorted((a, b) => b.own.length - a.own.length)
    .map(({ draft, own, severity }) => ({ draft: { ...draft, severity }, own }));
  // Only pages of the first are read: whoever breaks much in one namespace must not push out what is broken in another.
  return inTurn(roots, ({ draft }) => draft.object.namespace ?? '').toSorted(
    (a, b) => rank(a.draft.severity) - rank(b.draft.severity),
  );
}

type Found = Draft & Pick<Finding, 'severity'>;

function isFinding(draft: Draft): draft is Found {
  return draft.severity !== 'note';
}

function rank(severity: Severity): number {
  return severity === 'critical' ? 0 : 1;
}

function byWeight(a: Found, b: Found): number {
  return (
    rank(a.severity) - rank(b.severity) ||
    depthOf(b) - depthOf(a) ||
    confidences.indexOf(a.confidence) - confidences.indexOf(b.confidence) ||
    compare(a.code, b.code) ||
    compare(keyOf(a.object), keyOf(b.object)) ||
    compare(JSON.stringify(a), JSON.stringify(b))
  );
}

function depthOf({ depth = 0 }: Draft): number {
  return depth;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By what they break, directly or through what stands on it; the deepest first. */
function breakersIn(found: readonly Found[], snapshot: Snapshot): Map<string, Found[]> {
  const { dependents } = relationsOf(snapshot);
  const breaking = new Map<string, Found[]>();
  for (const draft of found.toSorted((a, b) => depthOf(b) - depthOf(a))) {
    for (const key of reach([draft.object, ...(draft.breaks ?? [])], dependents)) {
      const list = breaking.get(key);
      if (list === undefined) breaking.set(key, [draft]);
      else list.push(draft);
    }
  }
  return breaking;
}

/** All that stands or falls with the given objects. */
function reach(from: readonly Ref[], dependents: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set(from.map(keyOf));
  for (const key of reached) for (const next of dependents.get(key) ?? []) reached.add(next);
  return reached;
}

function causeOf(
  draft: Found,
  {
    breaking,
    above,
    snapshot,
  }: { breaking: ReadonlyMap<string, readonly Found[]>; above: Map<Found, Found>; snapshot: Snapshot },
): Found | undefined {
  const explains = (each: Found): boolean =>
    each !== draft &&
    topOf(each, above) !== draft &&
    mayExplain(each.object, { symptom: draft.object, snapshot });
  for (const each of breaking.get(keyOf(draft.object)) ?? []) {
    if (depthOf(each) <= depthOf(draft)) break;
    if (explains(each)) return each;
  }
  for (const ref of draft.dependsOn ?? []) {
    const cause = breaking.get(keyOf(ref))?.find(explains);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

/** The last cause; the way to it is shortened, so that long chains cost no more than short ones. */
function topOf(draft: Found, above: Map<Found, Found>): Found {
  let top = draft;
  for (let next = above.get(top); next !== undefined; next = above.get(top)) top = next;
  for (let current = draft; current !== top; ) {
    const next = above.get(current) ?? top;
    above.set(current, top);
    current = next;
  }
  return top;
}

/** What keeps others from working is as grave as what it keeps from working. */
function worstOf(draft: Found, symptoms: readonly Found[] = []): Severity {
  return symptoms.some(({ severity }) => severity === 'critical') ? 'critical' : draft.severity;
}

function findingOf({ draft, own }: { draft: Found; own: readonly Found[] }, snapshot: Snapshot): Finding {
  const { breaks: _breaks, dependsOn: _dependsOn, depth: _depth, ...finding } = draft;
  const { summary, evidence, cause, question } = finding;
  const mask = (text: string) => snapshot.mask(text);
  const masked = {
    ...finding,
    summary: mask(summary),
    evidence: evidence.map(mask),
    ...(cause === undefined ? {} : { cause: mask(cause) }),
    ...(question === undefined ? {} : { question: mask(question) }),
  };
  const names = own.map(({ object, code }) => `${describeRef(object)} (${code})`);
  return sized(masked, [...new Set(names)]);
}
