import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** The namespaces in which something looks wrong. */
export function behindIn(seen: {
  objects: readonly KubeObject[];
  events: readonly Event[];
  pods: readonly KubeObject[];
}): string[] {
  const warnings = seen.events.filter(({ type }) => type === 'Warning');
  const places = [
    ...[...seen.pods, ...seen.objects.filter(isBehind)].map(({ metadata }) => metadata.namespace),
    ...warnings.map(({ involvedObject }) => involvedObject.namespace),
  ];
  return [...new Set(places.filter(place => place !== undefined))];
}

/** A workload that has fewer pods at work than it ought to, or has not yet seen what it ought to be. */
function isBehind(object: KubeObject): boolean {
  const { generation = 0 } = object.metadata;
  if (isKind(object, 'Deployment') || isKind(object, 'StatefulSet')) {
    const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0 } = object.status ?? {};
    const wanted = object.spec.replicas ?? 1;
    return observedGeneration < generation || readyReplicas < wanted || updatedReplicas < wanted;
  }
  if (!isKind(object, 'DaemonSet')) return false;
  const { observedGeneration = 0, numberReady = 0, desiredNumberScheduled = 0 } = object.status ?? {};
  return observedGeneration < generation || numberReady < desiredNumberScheduled;
}
