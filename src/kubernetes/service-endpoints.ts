import type { JsonObject } from '../core/json.ts';
import type { Service, ServicePort, SlicePort } from './kinds/network.ts';
import type { Pod } from './kinds/pod.ts';
import { isKind, ofKind } from './kinds.ts';
import type { KubeObject } from './object.ts';
import type { ObjectView } from './object-view.ts';
import { isDeleting } from './owners.ts';
import { isReady } from './pod-readiness.ts';

/** One pod behind a service. */
export interface Backend {
  pod: Pod;
  ip: string;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
}

// Both lists stay the same array until one of their objects changes, and both controllers ask for each of them.
const selecting = new WeakMap<readonly KubeObject[], Map<string, Service[]>>();
const behind = new WeakMap<readonly KubeObject[], Map<Service, Backend[]>>();

/** The services of a pod's namespace that select it. */
export function servicesOf(changed: KubeObject, view: ObjectView): Service[] {
  if (!isKind(changed, 'Pod')) return [];
  const services = view.list('Service', changed.metadata.namespace);
  const byLabel = selecting.get(services) ?? groupByLabel(services);
  selecting.set(services, byLabel);
  return Object.entries(changed.metadata.labels ?? {})
    .flatMap(([key, value]) => byLabel.get(`${key}=${value}`) ?? [])
    .filter(service => selects(service, changed));
}

/** By one of the labels that a service asks for: a pod without that one is none of its pods. */
function groupByLabel(services: readonly KubeObject[]): Map<string, Service[]> {
  const groups = new Map<string, Service[]>();
  for (const service of ofKind(services, 'Service')) {
    const [label] = Object.entries(service.spec.selector ?? {});
    if (label === undefined) continue;
    const key = label.join('=');
    groups.set(key, [...(groups.get(key) ?? []), service]);
  }
  return groups;
}

function selects({ spec }: Service, { metadata }: Pod): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => metadata.labels?.[key] === value);
}

/** The pods that a service selects and that have an address, sorted by it so that nothing moves without need. */
export function backendsOf(service: Service, view: ObjectView): readonly Backend[] {
  const pods = view.list('Pod', service.metadata.namespace);
  const known = behind.get(pods) ?? new Map<Service, Backend[]>();
  behind.set(pods, known);
  const found = known.get(service) ?? findBackends(service, pods);
  known.set(service, found);
  return found;
}

function findBackends(service: Service, pods: readonly KubeObject[]): Backend[] {
  return pods
    .filter(pod => isKind(pod, 'Pod'))
    .filter(pod => selects(service, pod))
    .filter(pod => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .flatMap(pod => {
      const ip = pod.status?.podIP;
      if (ip === undefined) return [];
      const terminating = isDeleting(pod);
      const ready = service.spec.publishNotReadyAddresses === true || (isReady(pod) && !terminating);
      return [{ pod, ip, ready, serving: isReady(pod), terminating }];
    })
    .sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0));
}

/** The service's ports as its pods serve them. A named target port is looked up in the first pod that has it. */
export function portsOf(service: Service, backends: readonly Backend[]): (SlicePort & { port: number })[] {
  return (service.spec.ports ?? []).flatMap(port => {
    const number = targetOf(
      port,
      backends.map(({ pod }) => pod),
    );
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

/** Where a pod serves a port of the service; undefined: the service has no such port, or the pod none of its name. */
export function targetPortIn(
  pod: Pod,
  { service, port }: { service: Service; port: number },
): number | undefined {
  const found = service.spec.ports?.find(each => each.port === port && each.protocol !== 'UDP');
  if (found === undefined) return undefined;
  // Nothing stands before the pods of one without an address: who asks reaches the port they ask for.
  return service.spec.clusterIP === 'None' ? port : targetOf(found, [pod]);
}

function targetOf({ port, targetPort = port }: ServicePort, pods: readonly Pod[]): number | undefined {
  if (typeof targetPort === 'number') return targetPort;
  for (const { spec } of pods) {
    for (const container of spec.containers) {
      const named = container.ports?.find(each => each.name === targetPort);
      if (named !== undefined) return named.containerPort;
    }
  }
  return undefined;
}

export function targetRef(pod: Pod): JsonObject {
  return { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid };
}
