import type { EndpointSubset, Ingress, LoadBalancerStatus, Service } from '../kinds/network.ts';
import {
  age,
  ageColumn,
  column,
  definePrinter,
  firstThree,
  formatLabels,
  formatSelector,
  nameColumn,
  selectorColumn,
} from './printer.ts';

export const servicePrinter = definePrinter('Service', {
  columns: [
    nameColumn,
    column('Type', 'How the service is reached.'),
    column('Cluster-IP', 'Address inside the cluster.'),
    column('External-IP', 'Addresses outside the cluster.'),
    column('Port(s)', 'Ports it serves, with the node port where it has one.'),
    ageColumn,
    selectorColumn,
  ],
  cells(service, nowMs) {
    const { metadata, spec } = service;
    return [
      metadata.name,
      spec.type ?? '',
      spec.clusterIPs?.[0] ?? '<none>',
      externalAddress(service),
      (spec.ports ?? [])
        .map(port => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`)
        .join(',') || '<none>',
      age(service, nowMs),
      formatLabels(spec.selector),
    ];
  },
});

function externalAddress({ spec, status }: Service): string {
  const given = spec.externalIPs ?? [];
  switch (spec.type ?? 'ClusterIP') {
    case 'ClusterIP':
    case 'NodePort':
      return given.join(',') || '<none>';
    case 'LoadBalancer':
      return [...balancerAddresses(status?.loadBalancer), ...given].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

function balancerAddresses(status: LoadBalancerStatus | undefined): string[] {
  const addresses = (status?.ingress ?? []).map(entry => entry.ip || entry.hostname || '');
  return [...new Set(addresses.filter(address => address !== ''))].sort();
}

export const endpointsPrinter = definePrinter('Endpoints', {
  columns: [nameColumn, column('Endpoints', 'Addresses that are ready, with their ports.'), ageColumn],
  cells(endpoints, nowMs) {
    const addresses = (endpoints.subsets ?? []).flatMap(addressesOf);
    const shown = endpoints.subsets === undefined || endpoints.subsets.length === 0 ? '<none>' : '';
    return [endpoints.metadata.name, firstThree(addresses, shown), age(endpoints, nowMs)];
  },
});

function addressesOf({ addresses = [], ports = [] }: EndpointSubset): string[] {
  if (ports.length === 0) return addresses.map(address => address.ip);
  return ports.flatMap(({ port }) =>
    addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
  );
}

export const endpointSlicePrinter = definePrinter('EndpointSlice', {
  columns: [
    nameColumn,
    column('AddressType', 'Kind of the addresses.'),
    column('Ports', 'Ports of all the endpoints.'),
    column('Endpoints', 'Addresses of the endpoints.'),
    ageColumn,
  ],
  cells(slice, nowMs) {
    // A port that is not set means all ports.
    const ports = (slice.ports ?? []).map(port =>
      port.port === undefined ? (port.name ?? '*') : `${port.port}`,
    );
    const addresses = (slice.endpoints ?? []).flatMap(endpoint => endpoint.addresses);
    return [
      slice.metadata.name,
      slice.addressType,
      firstThree(ports, '<unset>'),
      firstThree(addresses, '<unset>'),
      age(slice, nowMs),
    ];
  },
});

export const ingressPrinter = definePrinter('Ingress', {
  columns: [
    nameColumn,
    column('Class', 'Ingress class that serves it.'),
    column('Hosts', 'Hosts it answers for.'),
    column('Address', 'Where it is reached from outside.'),
    column('Ports', 'Ports it is reached on.'),
    ageColumn,
  ],
  cells(ingress, nowMs) {
    return [
      ingress.metadata.name,
      ingress.spec.ingressClassName ?? '<none>',
      hosts(ingress),
      balancerAddresses(ingress.status?.loadBalancer).join(','),
      (ingress.spec.tls ?? []).length > 0 ? '80, 443' : '80',
      age(ingress, nowMs),
    ];
  },
});

function hosts({ spec }: Ingress): string {
  return firstThree(
    (spec.rules ?? []).map(rule => rule.host ?? '').filter(host => host !== ''),
    '*',
  );
}

export const ingressClassPrinter = definePrinter('IngressClass', {
  columns: [
    nameColumn,
    column('Controller', 'Controller that serves the class.'),
    column('Parameters', 'Object that configures the controller.'),
    ageColumn,
  ],
  cells(ingressClass, nowMs) {
    const { metadata, spec } = ingressClass;
    const isDefault = metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
    const parameters = spec.parameters;
    const group = parameters?.apiGroup === undefined ? '' : `.${parameters.apiGroup}`;
    return [
      `${metadata.name}${isDefault ? ' (default)' : ''}`,
      spec.controller ?? '',
      parameters === undefined ? '<none>' : `${parameters.kind}${group}/${parameters.name}`,
      age(ingressClass, nowMs),
    ];
  },
});

export const networkPolicyPrinter = definePrinter('NetworkPolicy', {
  columns: [nameColumn, column('Pod-Selector', 'Which pods it applies to.'), ageColumn],
  cells: (policy, nowMs) => [
    policy.metadata.name,
    formatSelector(policy.spec.podSelector),
    age(policy, nowMs),
  ],
});
