import type { EndpointSlice, Service } from '../../kubernetes/kinds/network.ts';
import type { PodSet } from '../pod-sets.ts';
import { setsWithRarest } from '../set-index.ts';
import type { Snapshot } from '../snapshot.ts';

/** Labels that no template has, by the kinds whose pods get them from a controller. */
const addedLabels: ReadonlyMap<string, readonly string[]> = new Map([
  ['pod-template-hash', ['Deployment', 'ReplicaSet']],
  ['controller-revision-hash', ['StatefulSet', 'DaemonSet']],
  ['pod-template-generation', ['DaemonSet']],
  ['apps.kubernetes.io/pod-index', ['StatefulSet']],
  ['statefulset.kubernetes.io/pod-name', ['StatefulSet']],
  ['job-name', ['Job', 'CronJob']],
  ['controller-uid', ['Job', 'CronJob']],
  ['batch.kubernetes.io/job-name', ['Job', 'CronJob']],
  ['batch.kubernetes.io/controller-uid', ['Job', 'CronJob']],
]);
const podNameLabel = 'statefulset.kubernetes.io/pod-name';

// Many analyzers ask the same of one snapshot, of thousands of services.
const behindIn = new WeakMap<Snapshot, Map<Service, readonly PodSet[]>>();
const beforeIn = new WeakMap<Snapshot, Map<PodSet, Service[]>>();
const slicesIn = new WeakMap<Snapshot, Map<string, EndpointSlice[]>>();

/** The pod sets that a service selects; none where it selects by no labels. */
export function setsBehind(service: Service, snapshot: Snapshot): readonly PodSet[] {
  let known = behindIn.get(snapshot);
  if (known === undefined) {
    known = new Map();
    behindIn.set(snapshot, known);
  }
  const before = known.get(service);
  if (before !== undefined) return before;
  const found = selectedSets(service, snapshot);
  known.set(service, found);
  return found;
}

/** The services that select a pod set. */
export function servicesBefore(set: PodSet, snapshot: Snapshot): readonly Service[] {
  let known = beforeIn.get(snapshot);
  if (known === undefined) {
    known = new Map();
    for (const service of snapshot.of('Service'))
      for (const each of setsBehind(service, snapshot)) {
        const list = known.get(each);
        if (list === undefined) known.set(each, [service]);
        else list.push(service);
      }
    beforeIn.set(snapshot, known);
  }
  return known.get(set) ?? [];
}

function selectedSets({ spec, metadata }: Service, snapshot: Snapshot): readonly PodSet[] {
  const selector = Object.entries(spec.selector ?? {});
  if (selector.length === 0) return [];
  const written = selector.filter(([key]) => !addedLabels.has(key));
  return setsWithRarest(written, { namespace: metadata.namespace ?? '', snapshot }).filter(set =>
    selector.every(pair => carries(set, pair)),
  );
}

/** Whether pods get a label from their controller, and not from its template. */
export function isAdded([key]: readonly [string, string]): boolean {
  return addedLabels.has(key);
}

/** Whether the pods of a set have a label, from their template or from the controller that makes them. */
export function carries({ labels, object }: PodSet, [key, value]: readonly [string, string]): boolean {
  if (Object.hasOwn(labels, key)) return labels[key] === value;
  if (addedLabels.get(key)?.includes(object.kind) !== true) return false;
  return key !== podNameLabel || value.startsWith(`${object.metadata.name}-`);
}

/** Where the traffic of a service goes, as its nodes know it. */
interface EndpointCount {
  /** False where no slice was read: nobody knows, or nobody writes them. */
  known: boolean;
  ready: number;
  total: number;
  /** The nodes of the ready ones. */
  nodes: ReadonlySet<string>;
}

export function endpointsOf(service: Service, snapshot: Snapshot): EndpointCount {
  const slices = slicesOf(service, snapshot);
  const all = slices.flatMap(({ endpoints }) => endpoints ?? []);
  // What does not say whether it is ready is.
  const ready = all.filter(({ conditions }) => conditions?.ready !== false);
  return {
    known: slices.length > 0,
    ready: ready.length,
    total: all.length,
    nodes: new Set(ready.flatMap(({ nodeName }) => nodeName ?? [])),
  };
}

/** Slices say by a label whose they are. */
export function slicesOf({ metadata }: Service, snapshot: Snapshot): readonly EndpointSlice[] {
  let known = slicesIn.get(snapshot);
  if (known === undefined) {
    known = Map.groupBy(
      snapshot.of('EndpointSlice'),
      each =>
        `${each.metadata.namespace ?? ''}/${each.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`,
    );
    slicesIn.set(snapshot, known);
  }
  return known.get(`${metadata.namespace ?? ''}/${metadata.name}`) ?? [];
}
