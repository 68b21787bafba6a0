import type { JsonObject } from '../../core/json.ts';
import type { Service, ServicePort, SlicePort } from '../../kubernetes/kinds/network.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from './owners.ts';
import { isReady } from './pod-readiness.ts';

/** One pod behind a service. */
export interface Backend {
  pod: Pod;
  ip: string;
  ready: boolean;
  terminating: boolean;
}

/** Pods by namespace and label, so that a service looks at those it may select and not at all of them. */
type PodIndex = Map<string, Pod[]>;

// A list is the same array until something in it changes, and both endpoint controllers ask for it.
const indexes = new WeakMap<readonly KubeObject[], PodIndex>();

export function indexPods(objects: readonly KubeObject[]): PodIndex {
  const known = indexes.get(objects);
  if (known !== undefined) return known;
  const index: PodIndex = new Map();
  for (const pod of ofKind(objects, 'Pod')) {
    for (const [key, value] of Object.entries(pod.metadata.labels ?? {})) {
      const place = `${pod.metadata.namespace ?? ''}/${key}=${value}`;
      const pods = index.get(place);
      if (pods === undefined) index.set(place, [pod]);
      else pods.push(pod);
    }
  }
  indexes.set(objects, index);
  return index;
}

/** The pods that a service selects and that have an address, sorted by it so that nothing moves without need. */
export function backendsOf(service: Service, index: PodIndex): Backend[] {
  const [first, ...others] = Object.entries(service.spec.selector ?? {});
  if (first === undefined) return [];
  return (index.get(`${service.metadata.namespace ?? ''}/${first[0]}=${first[1]}`) ?? [])
    .filter(pod => others.every(([key, value]) => pod.metadata.labels?.[key] === value))
    .filter(pod => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .flatMap(pod => {
      const ip = pod.status?.podIP;
      if (ip === undefined) return [];
      const terminating = isDeleting(pod);
      const ready = service.spec.publishNotReadyAddresses === true || (isReady(pod) && !terminating);
      return [{ pod, ip, ready, terminating }];
    })
    .sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
}

/** The service's ports as its pods serve them. A named target port is looked up in the first pod that has it. */
export function portsOf(service: Service, backends: readonly Backend[]): (SlicePort & { port: number })[] {
  return (service.spec.ports ?? []).flatMap(port => {
    const number = targetOf(port, backends);
    if (number === undefined) return [];
    return [
      {
        ...(port.name === undefined ? {} : { name: port.name }),
        port: number,
        protocol: port.protocol ?? 'TCP',
      },
    ];
  });
}

function targetOf(
  { port, targetPort = port }: ServicePort,
  backends: readonly Backend[],
): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  for (const { pod } of backends) {
    for (const container of pod.spec.containers) {
      const named = container.ports?.find(each => each.name === targetPort);
      if (named !== undefined) return named.containerPort;
    }
  }
  return undefined;
}

export function targetRef(pod: Pod): JsonObject {
  return { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid };
}
