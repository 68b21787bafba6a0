import { canonicalJson } from '../../core/json.ts';
import type { EndpointSubset, Endpoints, Service } from '../../kubernetes/kinds/network.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { findIn } from '../../kubernetes/object-view.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import {
  type Backend,
  backendsOf,
  portsOf,
  servicesOf,
  targetRef,
} from '../../kubernetes/service-endpoints.ts';
import type { Controller, Operation } from './controller.ts';
import { keyOf } from './each-object.ts';
import { deleteOf, updateOf } from './owners.ts';

const managedBy = 'endpoints.kubernetes.io/managed-by';
const manager = 'endpoint-controller';

/** Keeps the older form of the endpoint slices, one object a service, for clients that still read it. */
export const endpointsController: Controller = {
  name: 'endpoints',
  watches: ['Service', 'Pod', 'Endpoints'],
  keysOf: (changed, view) =>
    isKind(changed, 'Pod') ? servicesOf(changed, view).map(keyOf) : [keyOf(changed)],
  reconcile(view, _nowMs, key) {
    const [namespace = '', name = ''] = key.split('/');
    const service = findIn(view, 'Service', { namespace, name });
    const present = findIn(view, 'Endpoints', { namespace, name });
    if (service === undefined) return { operations: present === undefined ? [] : forget(present) };
    if (service.spec.selector === undefined || isDeleting(service)) return { operations: [] };
    const subsets = subsetsOf(service, backendsOf(service, view));
    return { operations: write(service, { present, subsets }) };
  },
};

function forget(orphan: Endpoints): Operation[] {
  return orphan.metadata.labels?.[managedBy] === manager && !isDeleting(orphan) ? [deleteOf(orphan)] : [];
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
