import { textOf } from '../../core/json.ts';
import type { Ref } from '../../core/ref.ts';
import type { Node } from '../../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { isActive } from '../../kubernetes/pod-readiness.ts';
import { sinceMs } from '../ages.ts';
import type { Snapshot } from '../snapshot.ts';

const zoneLabel = 'topology.kubernetes.io/zone';
const cordonTaint = 'node.kubernetes.io/unschedulable';
/** As kubectl calls itself. */
const closers = ['kubectl-cordon', 'kubectl-drain'];
/** What autoscalers put on a node that they are about to take away. */
const takenAway = ['ToBeDeletedByClusterAutoscaler', 'karpenter.sh/disrupted', 'karpenter.sh/disruption'];

export function isReady({ status }: Node): boolean {
  return conditionOf(status?.conditions, 'Ready')?.status === 'True';
}

/** Whether a node is on its way out, which is nobody's fault. */
export function isLeaving(node: Node): boolean {
  return isDeleting(node) || (node.spec?.taints ?? []).some(({ key }) => takenAway.includes(key));
}

export function zoneOf({ metadata }: Node): string | undefined {
  return metadata.labels?.[zoneLabel];
}

/** Since when a node has been closed: by its taint, else by who closed it; undefined: nothing says. */
export function cordonedAt({ metadata, spec }: Node): string | undefined {
  const closer = metadata.managedFields?.find(entry => closers.includes(textOf(entry, 'manager')));
  const written = textOf(closer, 'time');
  return (
    spec?.taints?.find(({ key }) => key === cordonTaint)?.timeAdded ?? (written === '' ? undefined : written)
  );
}

/** For how long a node has been closed; undefined: nothing says since when. */
export function cordonedSinceMs(node: Node, snapshot: Snapshot): number | undefined {
  return sinceMs(snapshot, cordonedAt(node));
}

interface Placed {
  byNode: ReadonlyMap<string, readonly Pod[]>;
  /** On which nodes that are ready the pods of an owner are not well. */
  ailing: ReadonlyMap<KubeObject, ReadonlySet<string>>;
}

const known = new WeakMap<Snapshot, Placed>();

/** The pods that a node has, as far as they were read in full, and that have not ended. */
export function podsOn({ metadata }: Node, snapshot: Snapshot): readonly Pod[] {
  return (placedIn(snapshot).byNode.get(metadata.name) ?? []).filter(isActive);
}

/** What has pods on a node that are not well, and none on other nodes that are: those the node explains. */
export function brokenOn({ metadata: { name } }: Node, snapshot: Snapshot): Ref[] {
  const { byNode, ailing } = placedIn(snapshot);
  const owners = new Set((byNode.get(name) ?? []).filter(isUnwell).map(pod => snapshot.ownerOf(pod)));
  const elsewhere = (owner: KubeObject) => [...(ailing.get(owner) ?? [])].some(node => node !== name);
  return [...owners].filter(owner => owner.kind !== 'Node' && !elsewhere(owner)).map(refOf);
}

/** What lost pods to a node that ran out of something. */
export function evictedFrom({ metadata }: Node, snapshot: Snapshot): Ref[] {
  const evicted = (placedIn(snapshot).byNode.get(metadata.name) ?? []).filter(
    ({ status }) => status?.reason === 'Evicted',
  );
  return [...new Set(evicted.map(pod => snapshot.ownerOf(pod)))].map(refOf);
}

function placedIn(snapshot: Snapshot): Placed {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const well = new Set(
    snapshot
      .of('Node')
      .filter(isReady)
      .map(({ metadata }) => metadata.name),
  );
  const placed = snapshot.of('Pod').filter(({ spec }) => spec.nodeName);
  const ailing = new Map<KubeObject, Set<string>>();
  for (const pod of placed) {
    const { nodeName = '' } = pod.spec;
    if (!well.has(nodeName) || !isUnwell(pod) || isDeleting(pod)) continue;
    const owner = snapshot.ownerOf(pod);
    ailing.set(owner, (ailing.get(owner) ?? new Set()).add(nodeName));
  }
  const made = { byNode: Map.groupBy(placed, ({ spec }) => spec.nodeName ?? ''), ailing };
  known.set(snapshot, made);
  return made;
}

function isUnwell(pod: Pod): boolean {
  if (pod.status?.phase === 'Succeeded') return false;
  return isDeleting(pod) || conditionOf(pod.status?.conditions, 'Ready')?.status !== 'True';
}
