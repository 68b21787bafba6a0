import { canonicalJson } from '../../core/json.ts';
import type { EndpointSubset, Endpoints, Service } from '../../kubernetes/kinds/network.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Controller, Operation } from './controller.ts';
import { deleteOf, isDeleting, updateOf } from './owners.ts';
import { type Backend, backendsOf, indexPods, portsOf, targetRef } from './service-endpoints.ts';

const managedBy = 'endpoints.kubernetes.io/managed-by';
const manager = 'endpoint-controller';

/** Keeps the older form of the endpoint slices, one object a service, for clients that still read it. */
export const endpointsController: Controller = {
  name: 'endpoints',
  watches: ['Service', 'Pod', 'Endpoints'],
  reconcile(view) {
    const pods = indexPods(view.list('Pod'));
    const services = ofKind(view.list('Service'), 'Service').filter(service => !isDeleting(service));
    const presentByKey = new Map(
      ofKind(view.list('Endpoints'), 'Endpoints').map(each => [keyOf(each), each]),
    );
    const operations: Operation[] = [];
    for (const service of services) {
      const present = presentByKey.get(keyOf(service));
      presentByKey.delete(keyOf(service));
      if (service.spec.selector === undefined) continue;
      const backends = backendsOf(service, pods);
      operations.push(...write(service, { present, subsets: subsetsOf(service, backends) }));
    }
    for (const orphan of presentByKey.values()) {
      if (orphan.metadata.labels?.[managedBy] === manager && !isDeleting(orphan))
        operations.push(deleteOf(orphan));
    }
    return { operations };
  },
};

function keyOf(object: Service | Endpoints): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function subsetsOf(service: Service, backends: readonly Backend[]): EndpointSubset[] {
  if (backends.length === 0) return [];
  const address = ({ pod, ip }: Backend) => ({
    ip,
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: targetRef(pod),
  });
  const ready = backends.filter(backend => backend.ready).map(address);
  const notReady = backends.filter(backend => !backend.ready && !backend.terminating).map(address);
  if (ready.length + notReady.length === 0) return [];
  return [
    {
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ports: portsOf(service, backends),
    },
  ];
}

function write(
  service: Service,
  { present, subsets }: { present: Endpoints | undefined; subsets: EndpointSubset[] },
): Operation[] {
  if (present !== undefined) {
    return canonicalJson(present.subsets ?? []) === canonicalJson(subsets)
      ? []
      : [updateOf({ ...present, subsets })];
  }
  const { name, namespace, labels } = service.metadata;
  const metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...labels, [managedBy]: manager },
  };
  return [{ do: 'create', object: { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets } }];
}
