import { canonicalJson } from '../../core/json.ts';
import type { EndpointSlice, Service } from '../../kubernetes/kinds/network.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { controlledBy, isDeleting } from '../../kubernetes/owners.ts';
import {
  type Backend,
  backendsOf,
  portsOf,
  servicesOf,
  targetRef,
} from '../../kubernetes/service-endpoints.ts';
import type { Operation } from './controller.ts';
import { eachObject } from './each-object.ts';
import { lettersFrom } from './naming.ts';
import { deleteOf, updateOf } from './owners.ts';

/** As many endpoints as one slice holds. */
const sliceSize = 100;
const manager = 'endpointslice-controller.k8s.io';
const managedBy = 'endpointslice.kubernetes.io/managed-by';
const serviceName = 'kubernetes.io/service-name';

/** Lists the pods behind each service that has a selector in endpoint slices. */
export const endpointSliceController = eachObject('Service', {
  name: 'endpointslice',
  watches: ['Pod', 'EndpointSlice'],
  concerned: servicesOf,
  reconcile(service, { view }) {
    if (service.spec.selector === undefined || isDeleting(service)) return { operations: [] };
    const slices = ofKind(view.dependentsOf(service.metadata.uid ?? ''), 'EndpointSlice').filter(isOurs);
    return { operations: reconcileSlices(slices, slicesOf(service, backendsOf(service, view))) };
  },
});

function isOurs(slice: EndpointSlice): boolean {
  return slice.metadata.labels?.[managedBy] === manager && !isDeleting(slice);
}

function slicesOf(service: Service, backends: readonly Backend[]): EndpointSlice[] {
  const ports = portsOf(service, backends);
  const slices: EndpointSlice[] = [];
  // A service without pods has one empty slice.
  for (let from = 0; from === 0 || from < backends.length; from += sliceSize) {
    const { name, namespace, uid, labels } = service.metadata;
    slices.push({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-${lettersFrom(`${uid}/slice/${from}`, 5)}`,
        generateName: `${name}-`,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...labels, [managedBy]: manager, [serviceName]: name },
        ownerReferences: [controlledBy(service)],
      },
      addressType: 'IPv4',
      endpoints: backends.slice(from, from + sliceSize).map(({ pod, ip, ready, serving, terminating }) => ({
        addresses: [ip],
        conditions: { ready, serving, terminating },
        ...nameUnder(service, pod),
        ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
        targetRef: targetRef(pod),
      })),
      ports,
    });
  }
  return slices;
}

/** A pod that takes the service for its domain, as those of a StatefulSet do, is found by its own name in it. */
function nameUnder(service: Service, { spec }: Pod): { hostname?: string } {
  const { hostname, subdomain } = spec;
  return hostname === undefined || subdomain !== service.metadata.name ? {} : { hostname };
}

function reconcileSlices(present: readonly EndpointSlice[], wanted: readonly EndpointSlice[]): Operation[] {
  const surplus = present.filter(slice => !wanted.some(each => each.metadata.name === slice.metadata.name));
  return [
    ...wanted.flatMap(slice =>
      write(
        present.find(each => each.metadata.name === slice.metadata.name),
        slice,
      ),
    ),
    ...surplus.map(slice => deleteOf(slice)),
  ];
}

function write(present: EndpointSlice | undefined, slice: EndpointSlice): Operation[] {
  if (present === undefined) return [{ do: 'create', object: slice }];
  if (contentOf(present) === contentOf(slice)) return [];
  const { endpoints, ports } = slice;
  const changed = { ...present, metadata: { ...present.metadata, labels: slice.metadata.labels ?? {} } };
  return [
    updateOf({
      ...changed,
      ...(endpoints === undefined ? {} : { endpoints }),
      ...(ports === undefined ? {} : { ports }),
    }),
  ];
}

/** What a slice says. A server that leaves an empty list out or names an absent port '' says the same. */
function contentOf({ endpoints = [], ports = [], metadata }: EndpointSlice): string {
  const named = ports.map(port => ({ ...port, name: port.name ?? '' }));
  return canonicalJson({ endpoints, ports: named, labels: metadata.labels });
}
