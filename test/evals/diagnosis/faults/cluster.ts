import type { JsonObject } from '../../../../src/core/json.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { systemPlace, takenMs } from '../base.ts';
import { crashes, unready, well } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place, Planted, Way } from '../world.ts';

const everyWay: readonly Way[] = ['sandbox', 'dump', 'spec', 'recorded'];
const ago = (minutes: number) => new Date(takenMs - minutes * 60_000).toISOString().replace('.000Z', 'Z');
const rbac = 'rbac.authorization.k8s.io';
const node = (name: string) => ({ kind: 'Node', name });

function conditions(
  changed: Record<string, { status: string; reason: string; message: string; minutes?: number }>,
): JsonObject {
  const plain: Record<string, [string, string, string]> = {
    MemoryPressure: ['False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    DiskPressure: ['False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    PIDPressure: ['False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    Ready: ['True', 'KubeletReady', 'kubelet is posting ready status'],
  };
  return {
    conditions: Object.entries(plain).map(([type, [status, reason, message]]) => {
      const change = changed[type];
      return {
        type,
        status: change?.status ?? status,
        reason: change?.reason ?? reason,
        message: change?.message ?? message,
        lastHeartbeatTime: ago(change?.status === 'Unknown' ? (change.minutes ?? 30) : 1),
        lastTransitionTime: ago(change?.minutes ?? 60_000),
      };
    }),
  };
}

const gone = {
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
  minutes: 30,
};
const unreachable = [
  { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: ago(30) },
  { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: ago(30) },
];
const nodes: Fault[] = (
  [
    [
      'node-stopped',
      {
        spec: { taints: unreachable },
        status: conditions({ Ready: gone, MemoryPressure: gone, DiskPressure: gone, PIDPressure: gone }),
        lease: 1_800,
      },
    ],
    [
      'node-network',
      {
        status: conditions({
          Ready: {
            status: 'False',
            reason: 'KubeletNotReady',
            message:
              'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
            minutes: 25,
          },
        }),
        spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: ago(25) }] },
      },
    ],
    [
      'node-disk',
      {
        status: conditions({
          DiskPressure: {
            status: 'True',
            reason: 'KubeletHasDiskPressure',
            message: 'kubelet has disk pressure',
            minutes: 40,
          },
        }),
        spec: {
          taints: [{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule', timeAdded: ago(40) }],
        },
      },
    ],
    [
      'node-memory',
      {
        status: conditions({
          MemoryPressure: {
            status: 'True',
            reason: 'KubeletHasInsufficientMemory',
            message: 'kubelet has insufficient memory available',
            minutes: 20,
          },
        }),
        spec: {
          taints: [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule', timeAdded: ago(20) }],
        },
      },
    ],
    [
      'node-forgotten',
      {
        spec: {
          unschedulable: true,
          taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: ago(4_500) }],
        },
      },
    ],
    ['node-old', { nodeInfo: 'v1.31.4' }],
  ] satisfies [string, JsonObject][]
).map(([name, change]) => ({
  name,
  row: 'node',
  ways: ['dump'],
  alone: true,
  plant: () => ({
    objects: [],
    nodes: { 'node-3': withVersion(change) },
    labels: [
      {
        row: 'node',
        object: node('node-3'),
        ...(name === 'node-network'
          ? { also: [{ row: 'cluster-service', why: 'its network plugin is what is not ready' }] }
          : {}),
      } satisfies Label,
    ],
  }),
}));

function withVersion({ nodeInfo, ...change }: JsonObject): JsonObject {
  if (typeof nodeInfo !== 'string') return change;
  return {
    status: {
      ...conditions({}),
      nodeInfo: {
        architecture: 'amd64',
        containerRuntimeVersion: 'containerd://1.7.2',
        kernelVersion: '6.1',
        kubeletVersion: nodeInfo,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 12',
        bootID: 'b',
        machineID: 'm',
        systemUUID: 's',
      },
    },
  };
}

/** The kubelet's lease and words stop: the cluster's own controller says so in the end. */
const nodesLived: Fault[] = [
  {
    name: 'node-lived-pressure',
    row: 'node',
    ways: ['sandbox', 'recorded'],
    alone: true,
    plant: () => ({
      objects: [],
      nodes: {
        'node-3': {
          status: conditions({
            DiskPressure: {
              status: 'True',
              reason: 'KubeletHasDiskPressure',
              message: 'kubelet has disk pressure',
              minutes: 40,
            },
          }),
        },
      },
      labels: [{ row: 'node', object: node('node-3') }],
    }),
  },
  {
    name: 'node-lived-forgotten',
    row: 'node',
    ways: ['sandbox'],
    alone: true,
    plant: () => ({
      objects: [],
      after: [
        {
          do: 'patch',
          target: { apiVersion: 'v1', ...node('node-3') },
          patch: { spec: { unschedulable: true } },
        },
        { do: 'wait', waitSeconds: 200_000 },
      ],
      labels: [{ row: 'node', object: node('node-3') }],
    }),
  },
];

function grants(at: Place, kind: string, base: string, more: JsonObject): KubeObject {
  return make.object(at, kind, at.name(base), { apiVersion: `${rbac}/v1`, ...more });
}
const account = (at: Place, base: string): JsonObject => ({
  kind: 'ServiceAccount',
  name: at.name(base),
  namespace: at.namespace,
});
const forbidden = (at: Place, verb: string, resource: string, group = '') =>
  `${resource} is forbidden: User "system:serviceaccount:${at.namespace}:${at.name('robot')}" cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${at.namespace}"`;
const rights: Fault[] = [
  {
    name: 'rbac-role-missing',
    row: 'rbac',
    ways: everyWay,
    plant: at => ({
      objects: [
        make.object(at, 'ServiceAccount', at.name('robot')),
        grants(at, 'RoleBinding', 'robot-reads', {
          roleRef: { apiGroup: rbac, kind: 'Role', name: at.name('reader') },
          subjects: [account(at, 'robot')],
        }),
      ],
      labels: [
        {
          row: 'rbac',
          object: make.ref(at, 'RoleBinding', 'robot-reads'),
          also: [{ object: make.ref(at, 'Role', 'reader'), why: 'it is missing' }],
        },
      ],
    }),
  },
  {
    name: 'rbac-account-missing',
    row: 'rbac',
    ways: everyWay,
    plant: at => ({
      objects: [
        grants(at, 'Role', 'reader', {
          rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
        }),
        grants(at, 'RoleBinding', 'robot-reads', {
          roleRef: { apiGroup: rbac, kind: 'Role', name: at.name('reader') },
          subjects: [account(at, 'robto')],
        }),
      ],
      labels: [
        {
          row: 'rbac',
          object: make.ref(at, 'RoleBinding', 'robot-reads'),
          also: [{ object: make.ref(at, 'ServiceAccount', 'robto'), why: 'it is missing' }],
        },
      ],
    }),
  },
  {
    name: 'rbac-api-group',
    row: 'rbac',
    ways: everyWay,
    plant: at => ({
      objects: [
        make.object(at, 'ServiceAccount', at.name('robot')),
        grants(at, 'Role', 'scaler', {
          rules: [{ apiGroups: [''], resources: ['deployments'], verbs: ['get', 'patch'] }],
        }),
        grants(at, 'RoleBinding', 'robot-scales', {
          roleRef: { apiGroup: rbac, kind: 'Role', name: at.name('scaler') },
          subjects: [account(at, 'robot')],
        }),
      ],
      labels: [{ row: 'rbac', object: make.ref(at, 'Role', 'scaler') }],
    }),
  },
  {
    name: 'rbac-cluster-role-for-role',
    row: 'rbac',
    ways: everyWay,
    plant: at => ({
      objects: [
        grants(at, 'Role', 'reader', {
          rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
        }),
        grants(at, 'RoleBinding', 'robot-reads', {
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: at.name('reader') },
          subjects: [{ kind: 'Group', apiGroup: rbac, name: 'sre' }],
        }),
      ],
      labels: [
        {
          row: 'rbac',
          object: make.ref(at, 'RoleBinding', 'robot-reads'),
          also: [
            { object: { kind: 'ClusterRole', name: at.name('reader') }, why: 'a Role of that name is meant' },
          ],
        },
      ],
    }),
  },
  {
    name: 'rbac-forbidden-log',
    row: 'rbac',
    ways: ['dump', 'recorded'],
    plant: at => ({
      objects: [
        make.object(at, 'ServiceAccount', at.name('robot')),
        make.deployment(at, 'operator', {
          replicas: 1,
          container: { ports: [] },
          pod: { serviceAccountName: at.name('robot') },
        }),
      ],
      lives: {
        operator: crashes(1, {
          log: [`E1121 reflector.go:150] failed to list *v1.Pod: ${forbidden(at, 'list', 'pods')}`],
        }),
      },
      labels: [
        {
          row: 'rbac',
          object: make.ref(at, 'ServiceAccount', 'robot'),
          also: [{ object: make.ref(at, 'Deployment', 'operator'), why: 'it is refused' }],
        },
      ],
    }),
  },
];

const helmReleases: Fault[] = (
  [
    ['helm-failed', 'failed'],
    ['helm-pending-upgrade', 'pending-upgrade'],
    ['helm-pending-install', 'pending-install'],
    ['helm-pending-rollback', 'pending-rollback'],
  ] as const
).map(([name, status]) => ({
  name,
  row: 'helm-release',
  // One that goes on for minutes may still end well.
  ways: status === 'failed' ? ['sandbox', 'dump', 'spec', 'recorded'] : ['sandbox', 'dump'],
  plant: at => {
    const release = (version: number, state: string): KubeObject =>
      make.object(at, 'Secret', `sh.helm.release.v1.${at.name('orders')}.v${version}`, {
        type: 'helm.sh/release.v1',
        metadata: {
          labels: {
            name: at.name('orders'),
            owner: 'helm',
            status: state,
            version: `${version}`,
            ...(at.way === 'spec' || at.way === 'dump'
              ? { modifiedAt: `${(takenMs - 7_200_000) / 1_000}` }
              : {}),
          },
        },
        data: { release: 'SDRzSUFBQUE=' },
      });
    const versions =
      name === 'helm-pending-install' ? [release(1, status)] : [release(1, 'deployed'), release(2, status)];
    return {
      objects: versions,
      labels: [
        {
          row: 'helm-release',
          object: make.ref(at, 'Secret', 'orders'),
          also: [1, 2].map(version => ({
            object: {
              kind: 'Secret',
              namespace: at.namespace,
              name: `sh.helm.release.v1.${at.name('orders')}.v${version}`,
            },
            why: 'where Helm keeps it',
          })),
        },
      ],
    };
  },
}));

function apiService(
  name: string,
  [group = '', version = '']: readonly string[],
  service: { name: string; namespace: string },
  more: JsonObject = {},
): KubeObject {
  return make.object(undefined, 'APIService', name, {
    apiVersion: 'apiregistration.k8s.io/v1',
    spec: {
      group,
      version,
      groupPriorityMinimum: 100,
      versionPriority: 10,
      insecureSkipTLSVerify: true,
      service: { ...service, port: 443 },
    },
    ...more,
  });
}
const unavailable = (reason: string, message: string): JsonObject => ({
  status: {
    conditions: [{ type: 'Available', status: 'False', reason, message, lastTransitionTime: ago(50) }],
  },
});
const apiServices: Fault[] = [
  {
    name: 'api-service-missing',
    row: 'api-service',
    ways: everyWay,
    plant: at => {
      const service = { name: at.name('adapter'), namespace: at.namespace };
      const group = `${at.namespace}.acme.dev`;
      return {
        objects: [
          apiService(
            `v1alpha1.${group}`,
            [group, 'v1alpha1'],
            service,
            at.way === 'dump'
              ? unavailable(
                  'ServiceNotFound',
                  `service/${service.name} in "${service.namespace}" is not present`,
                )
              : {},
          ),
        ],
        labels: [
          {
            row: 'api-service',
            object: { kind: 'APIService', name: `v1alpha1.${group}` },
            also: [{ object: make.ref(at, 'Service', 'adapter'), why: 'it is missing' }],
          },
        ],
      };
    },
  },
  {
    name: 'api-service-no-endpoints',
    row: 'api-service',
    ways: ['dump', 'recorded', 'sandbox'],
    plant: at => {
      const service = { name: at.name('adapter'), namespace: at.namespace };
      const group = `${at.namespace}.acme.dev`;
      return {
        objects: [
          make.object(at, 'Service', service.name, {
            spec: { selector: at.labels('adapter'), ports: [{ name: 'https', port: 443, targetPort: 8443 }] },
          }),
          apiService(
            `v1beta1.${group}`,
            [group, 'v1beta1'],
            service,
            at.way === 'dump'
              ? unavailable(
                  'MissingEndpoints',
                  `endpoints for service/${service.name} in "${service.namespace}" have no addresses with port name "https"`,
                )
              : {},
          ),
        ],
        labels: [
          {
            row: 'api-service',
            object: { kind: 'APIService', name: `v1beta1.${group}` },
            also: [
              { object: make.ref(at, 'Service', 'adapter'), why: 'it leads nowhere' },
              { row: 'service', why: 'the service leads nowhere' },
              { row: 'selector-mismatch', why: 'the service selects nothing' },
            ],
          },
        ],
      };
    },
  },
  {
    name: 'api-service-discovery',
    row: 'api-service',
    ways: ['dump'],
    plant: at => ({
      objects: [
        make.deployment(at, 'adapter', { container: { ports: [{ name: 'https', containerPort: 8443 }] } }),
        make.service(at, 'adapter', { ports: [{ name: 'https', port: 443, targetPort: 'https' }] }),
        apiService(
          'v1beta1.custom.metrics.k8s.io',
          ['custom.metrics.k8s.io', 'v1beta1'],
          { name: at.name('adapter'), namespace: at.namespace },
          unavailable(
            'FailedDiscoveryCheck',
            'failing or missing response from https://10.96.4.4:443/apis/custom.metrics.k8s.io/v1beta1: bad status from https://10.96.4.4:443/apis/custom.metrics.k8s.io/v1beta1: 404',
          ),
        ),
      ],
      labels: [{ row: 'api-service', object: { kind: 'APIService', name: 'v1beta1.custom.metrics.k8s.io' } }],
    }),
  },
];

function definition(at: Place, versions: JsonObject[], storedVersions: string[]): KubeObject {
  const group = `${at.namespace}.acme.dev`;
  return make.object(undefined, 'CustomResourceDefinition', `widgets.${group}`, {
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', listKind: 'WidgetList', plural: 'widgets', singular: 'widget' },
      versions: versions.map(each => ({ schema: { openAPIV3Schema: { type: 'object' } }, ...each })),
    },
    status: {
      storedVersions,
      acceptedNames: { kind: 'Widget', plural: 'widgets' },
      conditions: [
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: '',
          lastTransitionTime: ago(9_000),
        },
      ],
    },
  });
}
/** Written through a version that the next releases of the server take away. */
function oldWriter(kind: string, name: string, old: string, apiVersion: string, at: Place): KubeObject {
  return make.object(undefined, kind, at.name(name), {
    apiVersion,
    metadata: {
      managedFields: [
        {
          manager: 'helm',
          operation: 'Update',
          apiVersion: old,
          time: ago(9_000),
          fieldsType: 'FieldsV1',
          fieldsV1: {},
        },
      ],
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify({ apiVersion: old, kind, metadata: { name: at.name(name) } })}\n`,
      },
    },
    spec: {},
  });
}
const oldNode = (version: string) => withVersion({ nodeInfo: version });
const allNodes = (version: string) =>
  Object.fromEntries(['node-1', 'node-2', 'node-3', 'gpu-1'].map(name => [name, oldNode(version)]));
const deprecated: Fault[] = [
  {
    name: 'deprecated-flow-schema',
    row: 'deprecated-api',
    ways: ['dump'],
    alone: true,
    plant: at => ({
      objects: [
        oldWriter(
          'FlowSchema',
          'tenants',
          'flowcontrol.apiserver.k8s.io/v1beta3',
          'flowcontrol.apiserver.k8s.io/v1',
          at,
        ),
      ],
      nodes: allNodes('v1.31.4'),
      labels: [{ row: 'deprecated-api', object: { kind: 'FlowSchema', name: at.name('tenants') } }],
    }),
  },
  {
    name: 'deprecated-priority-level',
    row: 'deprecated-api',
    ways: ['dump'],
    alone: true,
    plant: at => ({
      objects: [
        oldWriter(
          'PriorityLevelConfiguration',
          'tenants',
          'flowcontrol.apiserver.k8s.io/v1beta3',
          'flowcontrol.apiserver.k8s.io/v1',
          at,
        ),
      ],
      nodes: allNodes('v1.30.9'),
      labels: [
        { row: 'deprecated-api', object: { kind: 'PriorityLevelConfiguration', name: at.name('tenants') } },
      ],
    }),
  },
  {
    name: 'deprecated-custom',
    row: 'deprecated-api',
    ways: ['dump', 'spec'],
    plant: at => ({
      objects: [
        definition(
          at,
          [
            { name: 'v1beta1', served: true, storage: false, deprecated: true, deprecationWarning: 'use v1' },
            { name: 'v1', served: true, storage: true },
          ],
          ['v1beta1', 'v1'],
        ),
        make.object(at, 'Widget', at.name('one'), {
          apiVersion: `${at.namespace}.acme.dev/v1`,
          metadata: {
            managedFields: [
              {
                manager: 'helm',
                operation: 'Update',
                apiVersion: `${at.namespace}.acme.dev/v1beta1`,
                time: ago(9_000),
                fieldsType: 'FieldsV1',
                fieldsV1: {},
              },
            ],
          },
          spec: {},
        }),
      ],
      labels: [
        {
          row: 'deprecated-api',
          object: { kind: 'CustomResourceDefinition', name: `widgets.${at.namespace}.acme.dev` },
          also: [{ object: make.ref(at, 'Widget', 'one'), why: 'it was written so' }],
        },
      ],
    }),
  },
  {
    name: 'deprecated-stored',
    row: 'deprecated-api',
    ways: ['dump', 'spec'],
    plant: at => ({
      objects: [
        definition(
          at,
          [
            { name: 'v1alpha1', served: false, storage: false },
            { name: 'v1', served: true, storage: true },
          ],
          ['v1alpha1', 'v1'],
        ),
      ],
      labels: [
        {
          row: 'deprecated-api',
          object: { kind: 'CustomResourceDefinition', name: `widgets.${at.namespace}.acme.dev` },
        },
      ],
    }),
  },
];

/** The system's own workload, changed, in the place of the one that is well. */
function systemFault(
  name: string,
  base: string,
  plant: (each: KubeObject) => Pick<Planted, 'lives'> | undefined,
  change: JsonObject = {},
): Fault {
  return {
    name,
    row: 'cluster-service',
    ways: ['dump'],
    alone: true,
    plant: () => {
      const dns = base === 'coredns';
      const each = make.deployment(systemPlace, base, {
        ...(dns
          ? {
              podLabels: { 'k8s-app': 'kube-dns' },
              spec: { selector: { matchLabels: { 'k8s-app': 'kube-dns' } }, ...change },
            }
          : { replicas: 1, spec: change }),
        pod: dns
          ? { serviceAccountName: 'coredns', volumes: [{ name: 'config', configMap: { name: 'coredns' } }] }
          : {},
        container: {
          name: base,
          image: dns ? 'coredns/coredns:v1.12.4' : 'metrics-server/metrics-server:v0.8.0',
          ports: dns
            ? [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53 },
              ]
            : [{ name: 'https', containerPort: 10250 }],
        },
      });
      return {
        objects: [each],
        ...plant(each),
        labels: [
          {
            row: 'cluster-service',
            object: { kind: 'Deployment', name: base, namespace: 'kube-system' },
            also: [
              ...(['crash-loop', 'scaled-to-zero', 'probe', 'rollout-stuck', 'api-service'] as const).map(
                row => ({ row, why: 'what is wrong with its workload' }),
              ),
              {
                object: { kind: 'Service', name: dns ? 'kube-dns' : base, namespace: 'kube-system' },
                why: 'what others reach it by',
              },
              {
                object: { kind: 'ConfigMap', name: 'coredns', namespace: 'kube-system' },
                why: 'what it cannot read',
              },
              { object: { kind: 'APIService', name: 'v1beta1.metrics.k8s.io' }, why: 'what it serves' },
            ],
          },
        ],
      };
    },
  };
}
const clusterServices: Fault[] = [
  systemFault('dns-crashes', 'coredns', () => ({
    lives: {
      coredns: crashes(1, {
        log: ["/etc/coredns/Corefile:4 - Error during parsing: Unknown directive 'forwrad'"],
      }),
    },
  })),
  systemFault('dns-scaled-to-zero', 'coredns', () => undefined, { replicas: 0 }),
  systemFault('dns-unready', 'coredns', () => ({
    lives: {
      coredns: unready('HTTP probe failed with statuscode: 503', [
        '[INFO] plugin/ready: Still waiting on: "kubernetes"',
        '[ERROR] plugin/kubernetes: Failed to watch *v1.Service: dial tcp 10.96.0.1:443: i/o timeout',
      ]),
    },
  })),
  systemFault('metrics-crash', 'metrics-server', () => ({
    lives: {
      'metrics-server': crashes(1, {
        log: ['panic: unable to load configmap based request-header-client-ca-file'],
      }),
    },
  })),
  systemFault('metrics-unready', 'metrics-server', () => ({
    lives: {
      'metrics-server': unready('HTTP probe failed with statuscode: 500', [
        'E1121 scraper.go:149] "Failed to scrape node" err="tls: failed to verify certificate: x509: cannot validate certificate for 10.0.0.11 because it does not contain any IP SANs" node="node-1"',
      ]),
    },
  })),
];

const drifts: Fault[] = (['replicas', 'image', 'env'] as const).map(what => ({
  name: `drift-${what}`,
  row: 'drift',
  ways: ['dump'],
  plant: at => ({
    objects: [make.deployment(at, 'orders')],
    lives: { orders: well },
    changes: [
      {
        id: 'c-20261120-7f3a',
        tool: 'k8s_set',
        summary: `Set ${what} of Deployment/${at.name('orders')}`,
        startedAt: ago(1_410),
        finishedAt: ago(1_400),
        targets: [{ ...make.ref(at, 'Deployment', 'orders'), apiVersion: 'apps/v1' }],
        changedSince: [`spec.${what} was set by kubectl-edit`],
      },
    ],
    labels: [{ row: 'drift', object: make.ref(at, 'Deployment', 'orders') } satisfies Label],
  }),
}));

/** Changed through Vigie, and then past it. */
const driftsLived: Fault[] = (
  [
    ['drift-lived-replicas', 'k8s_scale', { replicas: 3 }, { replicas: 5 }],
    [
      'drift-lived-image',
      'k8s_set',
      { image: ['main=acme/web:1.5'] },
      { template: { spec: { containers: [{ name: 'main', image: 'acme/web:1.3' }] } } },
    ],
  ] as const
).map(([name, tool, input, patch]) => ({
  name,
  row: 'drift',
  ways: ['sandbox'],
  plant: at => {
    const { kind, name: called, namespace } = make.ref(at, 'Deployment', 'orders');
    return {
      objects: [make.deployment(at, 'orders')],
      after: [
        { do: 'wait', waitSeconds: 120 },
        {
          do: 'call',
          tool,
          input: {
            target: { kind, name: called, namespace },
            ...(structuredClone(input) as unknown as JsonObject),
          },
        },
        { do: 'wait', waitSeconds: 120 },
        {
          do: 'patch',
          target: { kind, name: called, namespace, apiVersion: 'apps/v1' },
          patch: { spec: structuredClone(patch) as unknown as JsonObject },
        },
      ],
      labels: [{ row: 'drift', object: { kind, name: called, namespace } } satisfies Label],
    };
  },
}));

const inSystem = (name: string) => ({ kind: 'Deployment', name, namespace: 'kube-system' });
const clusterServicesLived: Fault[] = (
  [
    ['dns-lived-zero', 'coredns', { replicas: 0 }],
    [
      'dns-lived-image',
      'coredns',
      { template: { spec: { containers: [{ name: 'coredns', image: 'acme/importer:2.1' }] } } },
    ],
    ['metrics-lived-zero', 'metrics-server', { replicas: 0 }],
  ] as const
).map(([name, base, patch]) => ({
  name,
  row: 'cluster-service',
  ways: ['sandbox'],
  alone: true,
  plant: () => ({
    objects: [],
    after: [
      {
        do: 'patch',
        target: { ...inSystem(base), apiVersion: 'apps/v1' },
        patch: { spec: structuredClone(patch) as unknown as JsonObject },
      },
    ],
    labels: [
      {
        row: 'cluster-service',
        object: inSystem(base),
        also: (['crash-loop', 'scaled-to-zero', 'rollout-stuck', 'api-service'] as const).map(row => ({
          row,
          why: 'what is wrong with its workload',
        })),
      },
    ],
  }),
}));

/** A version that objects were stored in, and that is served no more. */
const deprecatedLived: Fault = {
  name: 'deprecated-lived',
  row: 'deprecated-api',
  ways: ['sandbox', 'recorded'],
  plant: at => {
    const schema = {
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    };
    const each = definition(at, [{ name: 'v1alpha1', served: true, storage: true, ...schema }], []);
    return {
      objects: [each],
      after: [
        { do: 'wait', waitSeconds: 5 },
        {
          do: 'patch',
          target: { apiVersion: 'apiextensions.k8s.io/v1', kind: each.kind, name: each.metadata.name },
          patch: {
            spec: {
              versions: [
                { name: 'v1alpha1', served: false, storage: false, ...schema },
                { name: 'v1', served: true, storage: true, ...schema },
              ],
            },
          },
        },
      ],
      labels: [{ row: 'deprecated-api', object: { kind: each.kind, name: each.metadata.name } }],
    };
  },
};

export const clusterFaults: readonly Fault[] = [
  ...nodes,
  ...nodesLived,
  ...rights,
  ...helmReleases,
  ...apiServices,
  ...deprecated,
  ...clusterServices,
  ...drifts,
  ...driftsLived,
  ...clusterServicesLived,
  deprecatedLived,
];
