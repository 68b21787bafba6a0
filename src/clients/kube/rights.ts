/*
 * What the server must let us do, as its RBAC names it: the one list behind the roles that `vigie init --harden` prints
 * and behind what doctor calls excess. Named one by one, never `*`: a star over resources is also exec and proxy. Only
 * what a change has to wait for is watched; without the verb it is asked for again and again.
 */

/** Verbs on resources of one group, as a rule of a Role has them. */
export interface Right {
  /** Empty: the core group. */
  group: string;
  /** Plurals, with a subresource after a slash. */
  resources: readonly string[];
  verbs: readonly string[];
  /** The only objects it is about; absent: all. */
  names?: readonly string[];
}

type ByGroup = readonly (readonly [group: string, resources: readonly string[]])[];

const read = ['get', 'list'];
// An apply that makes an object is asked as patch and as create.
const change = ['create', 'delete', 'patch'];

const readInNamespace: ByGroup = [
  [
    '',
    [
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'persistentvolumeclaims',
      'pods',
      'podtemplates',
      'replicationcontrollers',
      'resourcequotas',
      'serviceaccounts',
      'services',
    ],
  ],
  ['apps', ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets']],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['coordination.k8s.io', ['leases']],
  ['discovery.k8s.io', ['endpointslices']],
  ['events.k8s.io', ['events']],
  ['metrics.k8s.io', ['pods']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
  ['rbac.authorization.k8s.io', ['rolebindings', 'roles']],
  ['storage.k8s.io', ['csistoragecapacities']],
];

// Roles and their bindings are not here: who writes them gives rights away, and that is for people with rights.
const changeInNamespace: ByGroup = [
  ['', ['configmaps', 'persistentvolumeclaims', 'pods', 'secrets', 'serviceaccounts', 'services']],
  ['apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets']],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];

const waitedForInNamespace: ByGroup = [
  ['', ['persistentvolumeclaims', 'pods', 'services']],
  ['apps', ['daemonsets', 'deployments', 'replicasets', 'statefulsets']],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['jobs']],
  ['networking.k8s.io', ['ingresses']],
  ['policy', ['poddisruptionbudgets']],
];

const readInCluster: ByGroup = [
  ['', ['namespaces', 'nodes', 'persistentvolumes']],
  ['apiextensions.k8s.io', ['customresourcedefinitions']],
  ['apiregistration.k8s.io', ['apiservices']],
  ['metrics.k8s.io', ['nodes']],
  ['networking.k8s.io', ['ingressclasses']],
  ['scheduling.k8s.io', ['priorityclasses']],
  ['storage.k8s.io', ['csidrivers', 'csinodes', 'storageclasses', 'volumeattachments']],
];

// Not here: cluster roles, admission and API services. Each of them is a way to every other right.
const changeInCluster: ByGroup = [
  ['', ['namespaces', 'nodes', 'persistentvolumes']],
  ['apiextensions.k8s.io', ['customresourcedefinitions']],
  ['networking.k8s.io', ['ingressclasses']],
  ['scheduling.k8s.io', ['priorityclasses']],
  ['storage.k8s.io', ['storageclasses']],
];

const readLogs: Right = { group: '', resources: ['pods/log'], verbs: ['get'] };

/** What Vigie needs in each namespace. Secrets are read so that their values are known, and masked wherever they appear. */
export function rightsInNamespace({
  changes,
  drains = false,
}: {
  changes: boolean;
  /** Whether nodes are emptied, which takes the whole cluster. Default: no. */
  drains?: boolean;
}): Right[] {
  const reads = [
    ...granted(readInNamespace, read),
    { group: '', resources: ['secrets'], verbs: read },
    readLogs,
  ];
  if (!changes) return reads;
  return [
    ...reads,
    ...granted(changeInNamespace, change),
    ...granted(waitedForInNamespace, ['watch']),
    ...(drains ? [{ group: '', resources: ['pods/eviction'], verbs: ['create'] }] : []),
    {
      group: 'apps',
      resources: ['deployments/scale', 'replicasets/scale', 'statefulsets/scale'],
      verbs: ['patch'],
    },
  ];
}

/** What Vigie needs of no namespace: to know the cluster again by its own mark, and cluster-scoped objects where they are its business. */
export function rightsInCluster(asked: { reads: boolean; changes: boolean }): Right[] {
  return [
    { group: '', resources: ['namespaces'], verbs: ['get'], names: ['kube-system'] },
    ...(asked.reads ? granted(readInCluster, read) : []),
    ...(asked.changes ? granted(changeInCluster, change) : []),
  ];
}

/** What an agent may have beside Vigie: to look, with no Secret among it. kubectl waits by watching. */
export function rightsOfAgent(): Right[] {
  return [...granted(readInNamespace, [...read, 'watch']), readLogs];
}

function granted(groups: ByGroup, verbs: readonly string[]): Right[] {
  return groups.map(([group, resources]) => ({ group, resources, verbs }));
}
