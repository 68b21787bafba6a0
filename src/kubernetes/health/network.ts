import { backendsOf } from '../ingress-backends.ts';
import type { Service } from '../kinds/network.ts';
import { isKind, ofKind } from '../kinds.ts';
import type { KubeObject } from '../object.ts';
import { countOf, defineJudge, degraded, type Health, healthy, progressing } from './verdict.ts';

/** Judged by its EndpointSlices (or its Endpoints) among the related objects; without any given, by itself alone. */
export const serviceJudge = defineJudge('Service', (service, related) => {
  const { spec, status } = service;
  if (spec.type === 'LoadBalancer' && (status?.loadBalancer?.ingress ?? []).length === 0) {
    return progressing('waits for an address of the load balancer');
  }
  if (spec.type === 'ExternalName') return healthy(`names ${spec.externalName ?? ''}`);
  return backends(service, related);
});

function backends(service: Service, related: readonly KubeObject[]): Health {
  const { name, namespace } = service.metadata;
  const slices = ofKind(related, 'EndpointSlice').filter(
    slice =>
      slice.metadata.labels?.['kubernetes.io/service-name'] === name &&
      slice.metadata.namespace === namespace,
  );
  const endpoints = ofKind(related, 'Endpoints').filter(
    each => each.metadata.name === name && each.metadata.namespace === namespace,
  );
  if (slices.length + endpoints.length === 0) {
    return service.spec.selector === undefined || related.length === 0
      ? healthy('exists')
      : degraded('has no endpoints: no pod carries the labels it selects');
  }
  const inSlices = slices.flatMap(slice => slice.endpoints ?? []);
  const ready = inSlices.filter(endpoint => endpoint.conditions?.ready !== false).length;
  const subsets = endpoints.flatMap(each => each.subsets ?? []);
  const readyOld = subsets.reduce((sum, subset) => sum + (subset.addresses?.length ?? 0), 0);
  const count = Math.max(ready, readyOld);
  if (count > 0) return healthy(`${countOf(count, 'endpoint')} ready`);
  const waiting =
    inSlices.length + subsets.reduce((sum, subset) => sum + (subset.notReadyAddresses?.length ?? 0), 0);
  return waiting > 0
    ? degraded(`has no ready endpoint among ${waiting}`)
    : degraded('has no endpoints: no pod carries the labels it selects');
}

/** Judged by the services that it names and their endpoints, where the ingress itself is among the related objects. */
export const ingressJudge = defineJudge('Ingress', (ingress, related) => {
  const { status, metadata } = ingress;
  const looked = related.some(each => isKind(each, 'Ingress') && each.metadata.uid === metadata.uid);
  const troubles = looked
    ? backendsOf(ingress).flatMap(({ service }) => backendTrouble(service, related) ?? [])
    : [];
  if (troubles[0] !== undefined) return degraded(troubles[0]);
  const addresses = (status?.loadBalancer?.ingress ?? []).map(entry => entry.ip ?? entry.hostname ?? '');
  return addresses.length === 0
    ? progressing('no ingress controller has given it an address yet')
    : healthy(`reached at ${addresses.join(', ')}`);
});

function backendTrouble(name: string, related: readonly KubeObject[]): string | undefined {
  const service = ofKind(related, 'Service').find(each => each.metadata.name === name);
  if (service === undefined) return `sends traffic to Service/${name}, which does not exist`;
  if (service.spec.type === 'ExternalName') return undefined;
  const health = backends(service, related);
  return health.state === 'degraded' ? `sends traffic to Service/${name}, which ${health.reason}` : undefined;
}
