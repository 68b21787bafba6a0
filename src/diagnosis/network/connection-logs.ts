import type { Ref } from '../../core/ref.ts';
import { type ConnectionFailure, readConnectionFailure } from '../../kubernetes/connection-failure.ts';
import type { Service } from '../../kubernetes/kinds/network.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { readServiceHost } from '../../kubernetes/service-host.ts';
import type { Snapshot } from '../snapshot.ts';

/** A connection that a container did not get, by its own words. */
export interface Complaint extends ConnectionFailure {
  pod: Pod;
  /** The workload of the pod. */
  owner: KubeObject;
  container: string;
  line: string;
}

// A program that tries again and again says the same: a few of its last lines tell.
const newestLines = 40;

const known = new WeakMap<Snapshot, readonly Complaint[]>();

/** What the containers whose logs were read complain of, each only of what is near the end of its log. */
export function connectionComplaints(snapshot: Snapshot): readonly Complaint[] {
  const before = known.get(snapshot);
  if (before !== undefined) return before;
  const found = snapshot.of('Pod').flatMap(pod => {
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    return containers.flatMap(({ name }) => {
      const seen = new Set<string>();
      return (snapshot.logOf(pod, name)?.lines ?? []).slice(-newestLines).flatMap((line): Complaint[] => {
        const failure = readConnectionFailure(line);
        if (failure === undefined) return [];
        const key = `${failure.kind} ${failure.host} ${failure.port}`;
        if (seen.has(key)) return [];
        seen.add(key);
        return [{ ...failure, pod, owner: snapshot.ownerOf(pod), container: name, line }];
      });
    });
  });
  known.set(snapshot, found);
  return found;
}

/** The service that a host means to the pods of a namespace: by its name or by its address. */
export function serviceAt(
  host: string,
  { snapshot, namespace }: { snapshot: Snapshot; namespace: string },
): Service | undefined {
  for (const { service, namespace: place } of readServiceHost(host, namespace)) {
    const found = snapshot.find('Service', { name: service, namespace: place });
    if (found !== undefined) return found;
  }
  return /^[\d.]+$/.test(host) ? addressesOf(snapshot).get(host) : undefined;
}

const byService = new WeakMap<Snapshot, ReadonlyMap<Service | undefined, readonly Complaint[]>>();

/** What is said of a service. */
export function complaintsOf(service: Service, snapshot: Snapshot): readonly Complaint[] {
  let groups = byService.get(snapshot);
  if (groups === undefined) {
    groups = Map.groupBy(connectionComplaints(snapshot), ({ host, pod }) =>
      host === undefined ? undefined : serviceAt(host, { snapshot, namespace: pod.metadata.namespace ?? '' }),
    );
    byService.set(snapshot, groups);
  }
  return groups.get(service) ?? [];
}

/** The workloads that say they cannot reach a service. */
export function complaintsAbout(service: Service, snapshot: Snapshot): Ref[] {
  return [...new Set(complaintsOf(service, snapshot).map(({ owner }) => owner))].map(refOf);
}

const byAddress = new WeakMap<Snapshot, ReadonlyMap<string, Service>>();

function addressesOf(snapshot: Snapshot): ReadonlyMap<string, Service> {
  const before = byAddress.get(snapshot);
  if (before !== undefined) return before;
  const found = new Map<string, Service>();
  for (const service of snapshot.of('Service')) {
    for (const address of service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''])
      if (address !== '' && address !== 'None') found.set(address, service);
  }
  byAddress.set(snapshot, found);
  return found;
}
