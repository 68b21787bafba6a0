import { isObject } from '../../core/json.ts';
import { backendsIn } from '../../kubernetes/ingress-ports.ts';
import type { Service, ServicePort } from '../../kubernetes/kinds/network.ts';
import type { PathEnd } from '../../kubernetes/network-policy.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';
import { setsBehind, slicesOf } from './behind-service.ts';
import { connectionComplaints, serviceAt } from './connection-logs.ts';
import { controllersOf } from './ingress-controllers.ts';
import { namedAddresses } from './needed-paths.ts';

/** A way that traffic has to take, and who says so. */
export interface NeededPath {
  from: PodSet;
  service: Service;
  port: ServicePort;
  /** `spec.template.spec.containers[0].env[0].value: http://api:8080`. */
  why: Reason;
}

/** Where it stands that a path is needed: `by` is the namespace in which it was written. */
export interface Reason {
  at: string;
  text: string;
  by: string;
}

const known = new WeakMap<Snapshot, readonly NeededPath[]>();

/** What settings name, what logs wait for in vain, and what ingresses lead to, each way once. */
export function neededPaths(snapshot: Snapshot): readonly NeededPath[] {
  const paths = known.get(snapshot) ?? pathsIn(snapshot);
  known.set(snapshot, paths);
  return paths;
}

function pathsIn(snapshot: Snapshot): NeededPath[] {
  const found: NeededPath[] = [];
  for (const { set, host, port, at, text, configMap } of namedAddresses(snapshot)) {
    const service = serviceAt(host, { snapshot, namespace: set.namespace });
    const asked = service === undefined ? undefined : portOf(service, port);
    const place = configMap === undefined ? at : `ConfigMap/${configMap} ${at}`;
    if (service !== undefined && asked !== undefined)
      found.push({ from: set, service, port: asked, why: { at: place, text, by: set.namespace } });
  }
  const setOf = new Map(snapshot.podSets.map(set => [set.object, set]));
  for (const { kind, host, port, owner, container, line, pod } of connectionComplaints(snapshot)) {
    const from = setOf.get(owner);
    if (host === undefined || from === undefined || !['timed-out', 'unreachable'].includes(kind)) continue;
    const service = serviceAt(host, { snapshot, namespace: pod.metadata.namespace ?? '' });
    const asked = service === undefined ? undefined : portOf(service, port);
    if (service !== undefined && asked !== undefined)
      found.push({
        from,
        service,
        port: asked,
        why: { at: `log of ${container}`, text: line, by: from.namespace },
      });
  }
  for (const ingress of snapshot.of('Ingress')) {
    const { namespace = '', name } = ingress.metadata;
    for (const backend of backendsIn(ingress)) {
      const service = snapshot.find('Service', { name: backend.service, namespace });
      const asked = service?.spec.ports?.find(
        each => each.port === backend.port || each.name === backend.port,
      );
      if (service === undefined || asked === undefined) continue;
      const { sets, sure } = controllersOf(ingress, snapshot);
      for (const from of sets) {
        // Whose labels alone say that they serve it asks for themselves.
        const by = sure ? namespace : from.namespace;
        const why = { at: `Ingress/${name} ${backend.at}`, text: backend.service, by };
        found.push({ from, service, port: asked, why });
      }
    }
  }
  const seen = new Set<string>();
  return found.filter(({ from, service, port }) => {
    const { uid = '', name, namespace = '' } = from.object.metadata;
    const key = `${from.object.kind} ${uid} ${namespace} ${name} ${service.metadata.namespace} ${service.metadata.name} ${port.port}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The port that is asked for; without one, the only one. */
function portOf({ spec }: Service, port: number | undefined): ServicePort | undefined {
  const ports = spec.ports ?? [];
  if (port === undefined) return ports.length === 1 ? ports[0] : undefined;
  const found = ports.find(each => each.port === port);
  return found ?? (spec.clusterIP === 'None' ? { port } : undefined);
}

/** The pods behind a service as ends of a path, with the port of theirs that it leads to. */
export function targetsOf(
  { service, port }: Pick<NeededPath, 'service' | 'port'>,
  snapshot: Snapshot,
): { set: PodSet; end: PathEnd; port: number; portName?: string; protocol: string }[] {
  const { protocol = 'TCP' } = port;
  const headless = service.spec.clusterIP === 'None';
  const target = headless ? port.port : port.targetPort || port.port;
  const addresses = slicesOf(service, snapshot).flatMap(({ endpoints }) =>
    (endpoints ?? []).flatMap(each => each.addresses),
  );
  return setsBehind(service, snapshot).flatMap(set => {
    if (set.spec.hostNetwork === true) return [];
    const declared = set.spec.containers.flatMap(({ ports = [] }) => ports);
    const found = declared.find(
      each =>
        (each.name === target || each.containerPort === target) && (each.protocol ?? 'TCP') === protocol,
    );
    const number = typeof target === 'number' ? target : found?.containerPort;
    if (number === undefined) return [];
    const portName = found?.name;
    return [
      {
        set,
        end: endOf(set, { snapshot, addresses }),
        port: number,
        protocol,
        ...(portName === undefined ? {} : { portName }),
      },
    ];
  });
}

/** `addresses`: those known; of pods that were read in full there are more. */
export function endOf(
  set: PodSet,
  { snapshot, addresses = [] }: { snapshot: Snapshot; addresses?: readonly string[] },
): PathEnd {
  const own = set.pods.flatMap(({ status }) => status?.podIP ?? []);
  const all = [...new Set([...addresses, ...own])];
  return {
    namespace: set.namespace,
    namespaceLabels: namespaceLabels(set.namespace, snapshot),
    labels: set.labels,
    addresses: all.length > 0 ? all : someAddresses(snapshot),
  };
}

/** The server writes every namespace's name among its labels. */
export function namespaceLabels(namespace: string, snapshot: Snapshot): Record<string, string> {
  const labels = snapshot.find('Namespace', { name: namespace })?.metadata.labels;
  return { ...(isObject(labels) ? labels : {}), 'kubernetes.io/metadata.name': namespace };
}

/** Where pods live, as far as the nodes say: the first address of each node's part. */
function someAddresses(snapshot: Snapshot): string[] {
  return snapshot.of('Node').flatMap(({ spec }) => spec?.podCIDR?.split('/')[0] ?? []);
}
