import type { Pod } from '../kinds/pod.ts';
import type { SpreadConstraint } from '../kinds/scheduling.ts';
import { isDeleting } from '../owners.ts';
import { type LabelRequirement, matchesLabels, requirementsOf } from '../selectors.ts';
import type { Room } from './node-room.ts';
import { fitsNode } from './node-terms.ts';
import { untolerated } from './taints.ts';
import type { Verdict } from './verdict.ts';

/** One constraint with the number of its pods in each part of the cluster. */
interface Spread {
  constraint: SpreadConstraint;
  counts: ReadonlyMap<string, number>;
  /** 1 when the pod itself is one of those that are counted. */
  self: number;
}

/** How evenly the pods of each constraint are spread now. when: the constraints that have to hold, or those that may not. */
export function spreadsOf(
  pod: Pod,
  { rooms, when }: { rooms: readonly Room[]; when: 'DoNotSchedule' | 'ScheduleAnyway' },
): Spread[] {
  const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(
    each => each.whenUnsatisfiable === when,
  );
  const keys = constraints.map(({ topologyKey }) => topologyKey);
  const complete = rooms.filter(({ node }) => keys.every(key => node.metadata.labels?.[key] !== undefined));
  return constraints.map(constraint => {
    const requirements = requirementsFor(constraint, pod);
    const counts = new Map<string, number>();
    for (const room of complete.filter(({ node }) => counted(constraint, { pod, node }))) {
      const value = room.node.metadata.labels?.[constraint.topologyKey] ?? '';
      const found = room.pods.filter(
        other =>
          other.metadata.namespace === pod.metadata.namespace &&
          !isDeleting(other) &&
          matchesLabels(requirements, other.metadata.labels),
      );
      counts.set(value, (counts.get(value) ?? 0) + found.length);
    }
    return { constraint, counts, self: matchesLabels(requirements, pod.metadata.labels) ? 1 : 0 };
  });
}

function requirementsFor(
  { labelSelector, matchLabelKeys = [] }: SpreadConstraint,
  pod: Pod,
): LabelRequirement[] {
  const own = matchLabelKeys.flatMap((key): LabelRequirement[] => {
    const value = pod.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, operator: 'In', values: [value] }];
  });
  return [...requirementsOf(labelSelector ?? {}), ...own];
}

/** Nodes that the pod cannot go to anyway are no part of what has to be even. */
function counted(
  { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: SpreadConstraint,
  { pod, node }: { pod: Pod; node: Room['node'] },
): boolean {
  if (nodeAffinityPolicy === 'Honor' && !fitsNode(pod, node)) return false;
  return nodeTaintsPolicy === 'Ignore' || untolerated(node, pod) === undefined;
}

export function refusalBySpread(spreads: readonly Spread[], { node }: Room): Verdict | undefined {
  for (const { constraint, counts, self } of spreads) {
    const value = node.metadata.labels?.[constraint.topologyKey];
    const why = "node(s) didn't match pod topology spread constraints";
    if (value === undefined) return { why: `${why} (missing required label)`, evictionHelps: false };
    const few = counts.size < (constraint.minDomains ?? 1);
    const least = few ? 0 : Math.min(...counts.values());
    if ((counts.get(value) ?? 0) + self - least > constraint.maxSkew) return { why, evictionHelps: true };
  }
  return undefined;
}

/** How many pods of the constraints are where the node is: fewer is better. */
export function crowding(spreads: readonly Spread[], { node }: Room): number {
  return spreads.reduce(
    (sum, { constraint, counts }) =>
      sum + (counts.get(node.metadata.labels?.[constraint.topologyKey] ?? '') ?? 0),
    0,
  );
}
