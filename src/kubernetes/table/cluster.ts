import type { Node, ResourceQuota } from '../kinds/cluster.ts';
import { conditionOf } from '../kinds/condition.ts';
import { age, ageColumn, column, definePrinter, nameColumn, quantityText, wideColumn } from './printer.ts';

export const namespacePrinter = definePrinter('Namespace', {
  columns: [nameColumn, column('Status', 'Phase of the namespace.'), ageColumn],
  cells: (namespace, nowMs) => [
    namespace.metadata.name,
    namespace.status?.phase ?? '',
    age(namespace, nowMs),
  ],
});

export const serviceAccountPrinter = definePrinter('ServiceAccount', {
  columns: [nameColumn, ageColumn],
  cells: (account, nowMs) => [account.metadata.name, age(account, nowMs)],
});

export const nodePrinter = definePrinter('Node', {
  columns: [
    nameColumn,
    column('Status', 'Whether the node is ready, and whether it takes new pods.'),
    column('Roles', 'Roles of the node, from its labels.'),
    ageColumn,
    column('Version', 'Version of its kubelet.'),
    wideColumn('Internal-IP', 'Address inside the cluster network.'),
    wideColumn('External-IP', 'Address reachable from outside.'),
    wideColumn('OS-Image', 'Operating system.'),
    wideColumn('Kernel-Version', 'Kernel, and its architecture.'),
    wideColumn('Container-Runtime', 'Container runtime and its version.'),
  ],
  cells(node, nowMs) {
    const info = node.status?.nodeInfo;
    const architecture = info?.architecture ? ` (${info.architecture})` : '';
    return [
      node.metadata.name,
      nodeStatus(node),
      nodeRoles(node),
      age(node, nowMs),
      info?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      info?.osImage || '<unknown>',
      `${info?.kernelVersion || '<unknown>'}${architecture}`,
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
});

function nodeStatus(node: Node): string {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable === true ? `${state},SchedulingDisabled` : state;
}

const roleLabel = 'node-role.kubernetes.io/';

function nodeRoles(node: Node): string {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(roleLabel)) return [key.slice(roleLabel.length)];
    return key === 'kubernetes.io/role' ? [value] : [];
  });
  return [...new Set(roles.filter(role => role !== ''))].sort().join(',') || '<none>';
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find(address => address.type === type)?.address ?? '<none>';
}

export const resourceQuotaPrinter = definePrinter('ResourceQuota', {
  columns: [
    nameColumn,
    column('Request', 'Used and allowed, of everything but limits.'),
    column('Limit', 'Used and allowed limits.'),
    ageColumn,
  ],
  cells(quota, nowMs) {
    const resources = Object.keys(quota.status?.hard ?? {}).sort();
    const isLimit = (resource: string) => resource.startsWith('limits.');
    return [
      quota.metadata.name,
      usage(quota, { of: resources.filter(resource => !isLimit(resource)) }),
      usage(quota, { of: resources.filter(isLimit) }),
      age(quota, nowMs),
    ];
  },
});

function usage({ status }: ResourceQuota, { of }: { of: string[] }): string {
  const amount = (resource: string) =>
    `${quantityText(status?.used?.[resource], '0')}/${quantityText(status?.hard?.[resource], '0')}`;
  return of.map(resource => `${resource}: ${amount(resource)}`).join(', ');
}

export const leasePrinter = definePrinter('Lease', {
  columns: [nameColumn, column('Holder', 'Who holds the lease now.'), ageColumn],
  cells: (lease, nowMs) => [lease.metadata.name, lease.spec.holderIdentity ?? '', age(lease, nowMs)],
});

export const apiServicePrinter = definePrinter('APIService', {
  columns: [
    nameColumn,
    column('Service', 'Service that answers for it; Local for the API server itself.'),
    column('Available', 'Whether it answers, and why not.'),
    ageColumn,
  ],
  cells(apiService, nowMs) {
    const { service } = apiService.spec;
    const available = conditionOf(apiService.status?.conditions, 'Available');
    const why = available?.status === 'True' || !available?.reason ? '' : ` (${available.reason})`;
    return [
      apiService.metadata.name,
      service === undefined ? 'Local' : `${service.namespace ?? ''}/${service.name ?? ''}`,
      `${available?.status ?? 'Unknown'}${why}`,
      age(apiService, nowMs),
    ];
  },
});
