import type { EndpointSlice, Service } from '../../kubernetes/kinds/network.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

/** Labels that no template has: controllers write them on the pods. */
const addedLabels = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'apps.kubernetes.io/pod-index',
  'job-name',
  'controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/controller-uid',
]);

const podNameLabel = 'statefulset.kubernetes.io/pod-name';

// Many analyzers ask the same of one snapshot, of thousands of services.
const setsIn = new WeakMap<Snapshot, Map<string, PodSet[]>>();
const slicesIn = new WeakMap<Snapshot, Map<string, EndpointSlice[]>>();

/** Everything that makes pods in a namespace. */
export function setsOfNamespace(snapshot: Snapshot, namespace: string): readonly PodSet[] {
  let known = setsIn.get(snapshot);
  if (known === undefined) {
    known = Map.groupBy(snapshot.podSets, set => set.namespace);
    setsIn.set(snapshot, known);
  }
  return known.get(namespace) ?? [];
}

const behindIn = new WeakMap<Snapshot, Map<Service, readonly PodSet[]>>();

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

function selectedSets({ spec, metadata }: Service, snapshot: Snapshot): readonly PodSet[] {
  const selector = Object.entries(spec.selector ?? {});
  if (selector.length === 0) return [];
  return setsOfNamespace(snapshot, metadata.namespace ?? '').filter(set =>
    selector.every(pair => carries(set, pair)),
  );
}

/** Whether the pods of a set have a label, from their template or from the controller that makes them. */
export function carries({ labels, object }: PodSet, [key, value]: readonly [string, string]): boolean {
  if (Object.hasOwn(labels, key)) return labels[key] === value;
  if (key === podNameLabel)
    return object.kind === 'StatefulSet' && value.startsWith(`${object.metadata.name}-`);
  return addedLabels.has(key);
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
