import type { Node } from '../kinds/cluster.ts';
import type { Pod } from '../kinds/pod.ts';
import type { NodeSelector, NodeSelectorTerm } from '../kinds/scheduling.ts';
import { matchesLabels, requirementsOf } from '../selectors.ts';

/** Whether a node has what the pod's node selector and required node affinity ask for. */
export function fitsNode({ spec }: Pick<Pod, 'spec'>, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return (
    Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value) &&
    (required === undefined || fitsSelector(required, node))
  );
}

/** One of the terms is enough. */
export function fitsSelector({ nodeSelectorTerms }: NodeSelector, node: Node): boolean {
  return nodeSelectorTerms.some(term => fitsTerm(term, node));
}

export function fitsTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchesLabels(requirementsOf({ matchExpressions }), node.metadata.labels) &&
    matchesLabels(requirementsOf({ matchExpressions: matchFields }), { 'metadata.name': node.metadata.name })
  );
}
