import type { Node } from '../kinds/cluster.ts';
import type { Pod } from '../kinds/pod.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../kinds/storage.ts';
import type { ObjectView } from '../object-view.ts';
import { isDeleting } from '../owners.ts';
import {
  claimsOf,
  classOf,
  freeVolumeFor,
  isProvisioned,
  selectedNode,
  volumeOf,
  waitsForConsumer,
} from './claims.ts';
import { fitsSelector } from './node-terms.ts';
import type { Verdict } from './verdict.ts';

const zoneLabel = 'topology.kubernetes.io/zone';

/** The claims of a pod as placing it sees them. */
export interface Volumes {
  bound: readonly PersistentVolume[];
  /** Those whose volume is chosen together with the node. */
  waiting: readonly PersistentVolumeClaim[];
}

/** What the claims of a pod allow; a text: why no node at all can take it. */
export function volumesOf(pod: Pod, view: ObjectView): Volumes | string {
  const bound: PersistentVolume[] = [];
  const waiting: PersistentVolumeClaim[] = [];
  let unbound = false;
  for (const [name, claim] of claimsOf(pod, view)) {
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (isDeleting(claim)) return `persistentvolumeclaim "${name}" is being deleted`;
    const volume = claim.status?.phase === 'Bound' ? volumeOf(claim, view) : undefined;
    if (volume !== undefined) bound.push(volume);
    else if (waitsForConsumer(classOf(claim, view))) waiting.push(claim);
    else unbound = true;
  }
  return unbound ? 'pod has unbound immediate PersistentVolumeClaims' : { bound, waiting };
}

/** Whether the pod's node was chosen and only its volumes are still to be made. */
export function awaitsVolumes({ waiting }: Volumes): boolean {
  return waiting.some(claim => claim.metadata.annotations?.[selectedNode] !== undefined);
}

export function refusalByVolumes(
  { bound, waiting }: Volumes,
  { node, view }: { node: Node; view: ObjectView },
): Verdict | undefined {
  if (bound.some(volume => !isReachable(volume, node)))
    return { why: "node(s) didn't match PersistentVolume's node affinity", evictionHelps: false };
  if (
    waiting.some(
      claim => !isProvisioned(classOf(claim, view)) && volumeAt(claim, { node, view }) === undefined,
    )
  )
    return { why: "node(s) didn't find available persistent volumes to bind", evictionHelps: false };
  if (bound.some(({ metadata }) => (metadata.labels?.[zoneLabel] ?? zoneOf(node)) !== zoneOf(node)))
    return { why: 'node(s) had no available volume zone', evictionHelps: false };
  return undefined;
}

/** A free volume for a claim that the node reaches. */
export function volumeAt(
  claim: PersistentVolumeClaim,
  { node, view }: { node: Node; view: ObjectView },
): PersistentVolume | undefined {
  return freeVolumeFor(claim, { view, fits: volume => isReachable(volume, node) });
}

function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || fitsSelector(required, node);
}

function zoneOf({ metadata }: Node): string | undefined {
  return metadata.labels?.[zoneLabel];
}
