import { isObject } from '../../core/json.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { requirementsOf } from '../../kubernetes/selectors.ts';
import type { PodSet } from '../pod-sets.ts';
import { setsMatching } from '../set-index.ts';
import type { Snapshot } from '../snapshot.ts';

/** The pod sets that a budget is about: by their templates, whether they have pods or not. One without a selector is about none. */
export function setsUnder(
  { metadata, spec: { selector } }: PodDisruptionBudget,
  snapshot: Snapshot,
): readonly PodSet[] {
  if (!isObject(selector)) return [];
  return setsMatching(requirementsOf(selector), { namespace: metadata.namespace ?? '', snapshot });
}
