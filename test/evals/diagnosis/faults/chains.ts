import type { JsonObject } from '../../../../src/core/json.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { systemPlace, takenMs } from '../base.ts';
import { crashes, type Life, pullsNot, unready, unschedulable, waits, well } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Place } from '../world.ts';

// One fault with everything that stops because of it: the answer is the one, and not what stops.

const ago = (minutes: number) => new Date(takenMs - minutes * 60_000).toISOString().replace('.000Z', 'Z');

/** What people put in front of and around a workload. */
function around(at: Place, base: string): KubeObject[] {
  return [
    make.service(at, base),
    make.ingress(at, base),
    make.object(at, 'PodDisruptionBudget', at.name(base), {
      apiVersion: 'policy/v1',
      spec: { minAvailable: 1, selector: { matchLabels: at.labels(base) } },
      ...(at.way === 'dump'
        ? {
            status: {
              currentHealthy: 0,
              desiredHealthy: 1,
              disruptionsAllowed: 0,
              expectedPods: 2,
              observedGeneration: 1,
              conditions: [
                {
                  type: 'DisruptionAllowed',
                  status: 'False',
                  reason: 'InsufficientPods',
                  message: '',
                  lastTransitionTime: ago(39),
                },
              ],
            },
          }
        : {}),
    }),
    make.object(at, 'HorizontalPodAutoscaler', at.name(base), {
      apiVersion: 'autoscaling/v2',
      spec: {
        minReplicas: 2,
        maxReplicas: 5,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: at.name(base) },
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
          },
        ],
      },
      ...(at.way === 'dump'
        ? {
            status: {
              currentReplicas: 2,
              desiredReplicas: 2,
              conditions: [
                {
                  type: 'ScalingActive',
                  status: 'False',
                  reason: 'FailedGetResourceMetric',
                  message:
                    'the HPA was unable to compute the replica count: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)',
                  lastTransitionTime: ago(38),
                },
              ],
            },
          }
        : {}),
    }),
  ];
}

const clients = ['orders', 'carts', 'mails'] as const;
const databaseUrl = (at: Place, base = 'ledger') => ({
  env: [make.env('DATABASE_URL', `postgres://${at.name(base)}.${at.namespace}.svc:5432/app`)],
});

function clientsOf(at: Place): KubeObject[] {
  return clients.flatMap(base => [
    make.deployment(at, base, { container: { image: 'acme/client:1.0', ...databaseUrl(at) } }),
    make.service(at, base),
  ]);
}

const allClients = (life: Life) => Object.fromEntries(clients.map(base => [base, life]));

const ledger = (at: Place, container: JsonObject = {}): KubeObject[] => [
  make.statefulSet(at, 'ledger', {
    container: { image: 'acme/database:17', ports: [{ name: 'sql', containerPort: 5432 }], ...container },
  }),
  make.headless(at, 'ledger', { ports: [{ name: 'sql', port: 5432 }] }),
];

const lost: Life = (pod, at) => {
  const living = well(pod, at);
  const conditions = Array.isArray(living.status['conditions']) ? living.status['conditions'] : [];
  return {
    ...living,
    status: {
      ...living.status,
      reason: 'NodeLost',
      message: `Node node-3 which was running pod ${pod.metadata.name} is unresponsive`,
      conditions: conditions.map(each =>
        typeof each === 'object' && each !== null && !Array.isArray(each) && each['type'] === 'Ready'
          ? { ...each, status: 'False', reason: 'NodeNotReady', lastTransitionTime: ago(29) }
          : each,
      ),
    },
    events: [{ reason: 'NodeNotReady', message: 'Node is not ready', from: 'node-controller' }],
  };
};

const unknown = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map(type => ({
  type,
  status: 'Unknown',
  reason: 'NodeStatusUnknown',
  message: 'Kubelet stopped posting node status.',
  lastHeartbeatTime: ago(31),
  lastTransitionTime: ago(30),
}));

export const chainFaults: readonly Fault[] = [
  {
    name: 'chain-dead-database',
    row: 'crash-loop',
    ways: ['dump', 'sandbox'],
    plant: at => ({
      objects: [...ledger(at, { image: 'acme/importer:2.1' }), ...clientsOf(at)],
      lives: {
        ledger: crashes(3, {
          log: ['FATAL: could not write lock file "postmaster.pid": No space left on device'],
        }),
        ...allClients(
          crashes(1, {
            log: [
              `Error: connect ECONNREFUSED: could not connect to server ${at.name('ledger')}.${at.namespace}.svc:5432: Connection refused`,
            ],
          }),
        ),
      },
      labels: [{ row: 'crash-loop', object: make.ref(at, 'StatefulSet', 'ledger') }],
    }),
  },
  {
    name: 'chain-unready-clients',
    row: 'image-pull',
    ways: ['dump', 'sandbox'],
    plant: at => ({
      objects: [
        ...ledger(at, { image: 'acme/database:99' }),
        ...clients.flatMap(base => [
          make.deployment(at, base, {
            container: {
              image: 'acme/client:1.0',
              ...databaseUrl(at),
              readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
            },
          }),
          make.service(at, base),
        ]),
      ],
      lives: {
        ledger: pullsNot('failed to resolve reference "docker.io/IMAGE": docker.io/IMAGE: not found'),
        ...allClients(
          unready('HTTP probe failed with statuscode: 503', [
            `pq: dial tcp: connect to ${at.name('ledger')}.${at.namespace}.svc:5432: connection refused`,
          ]),
        ),
      },
      labels: [{ row: 'image-pull', object: make.ref(at, 'StatefulSet', 'ledger') }],
    }),
  },
  {
    name: 'chain-image',
    row: 'image-pull',
    ways: ['dump', 'sandbox'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          container: { image: 'acme/web:9.9', resources: { requests: { cpu: '50m' } } },
        }),
        ...around(at, 'orders'),
      ],
      lives: {
        orders: pullsNot('failed to resolve reference "docker.io/IMAGE": docker.io/IMAGE: not found'),
      },
      labels: [{ row: 'image-pull', object: make.ref(at, 'Deployment', 'orders') }],
    }),
  },
  {
    name: 'chain-secret-of-six',
    row: 'container-config',
    ways: ['dump', 'spec', 'sandbox'],
    plant: at => {
      const bases = ['one', 'two', 'three', 'four', 'five', 'six'];
      return {
        objects: bases.flatMap(base => [
          make.deployment(at, base, {
            container: {
              env: [make.env('TOKEN', { secretKeyRef: { name: at.name('shared-token'), key: 'token' } })],
            },
          }),
          make.service(at, base),
          make.ingress(at, base),
        ]),
        lives: Object.fromEntries(
          bases.map(base => [
            base,
            waits('CreateContainerConfigError', `secret "${at.name('shared-token')}" not found`, [
              {
                reason: 'Failed',
                message: `Error: secret "${at.name('shared-token')}" not found`,
                count: 40,
              },
            ]),
          ]),
        ),
        labels: [{ row: 'container-config', object: make.ref(at, 'Secret', 'shared-token') }],
      };
    },
  },
  {
    name: 'chain-claim',
    row: 'claim',
    ways: ['dump', 'sandbox'],
    plant: at => {
      const claim = make.claim(at, 'ledger-data', { storageClassName: 'fast-nvme' });
      return {
        objects: [
          at.way === 'dump' ? { ...claim, status: { phase: 'Pending' } } : claim,
          make.statefulSet(at, 'ledger', {
            container: {
              image: 'acme/database:17',
              ports: [{ name: 'sql', containerPort: 5432 }],
              volumeMounts: [{ name: 'data', mountPath: '/data' }],
            },
            pod: {
              volumes: [{ name: 'data', persistentVolumeClaim: { claimName: at.name('ledger-data') } }],
            },
          }),
          make.headless(at, 'ledger', { ports: [{ name: 'sql', port: 5432 }] }),
          ...clientsOf(at),
        ],
        lives: {
          ledger: unschedulable('0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims.'),
          ...allClients(
            crashes(1, {
              log: [
                `dial tcp: connecting to ${at.name('ledger')}.${at.namespace}.svc:5432: connection refused`,
              ],
            }),
          ),
        },
        events: [
          {
            about: make.ref(at, 'PersistentVolumeClaim', 'ledger-data'),
            reason: 'ProvisioningFailed',
            message: 'storageclass.storage.k8s.io "fast-nvme" not found',
            from: 'persistentvolume-controller',
          },
        ],
        labels: [
          {
            row: 'claim',
            object: make.ref(at, 'PersistentVolumeClaim', 'ledger-data'),
            also: [{ object: { kind: 'StorageClass', name: 'fast-nvme' }, why: 'it is missing' }],
          },
        ],
      };
    },
  },
  {
    name: 'chain-service-port',
    row: 'service-port',
    ways: ['dump', 'sandbox'],
    plant: at => ({
      objects: [
        ...ledger(at).filter(({ kind }) => kind === 'StatefulSet'),
        make.headless(at, 'ledger', { ports: [{ name: 'sql', port: 5432 }] }),
        {
          ...make.service(at, 'ledger', { ports: [{ name: 'sql', port: 5432, targetPort: 'postgres' }] }),
          metadata: { name: at.name('ledger-rw'), namespace: at.namespace },
        },
        ...clients.map(base =>
          make.deployment(at, base, {
            container: { image: 'acme/client:1.0', ...databaseUrl(at, 'ledger-rw') },
          }),
        ),
      ],
      lives: allClients(
        crashes(1, {
          log: [`could not connect to ${at.name('ledger-rw')}.${at.namespace}.svc:5432: Connection refused`],
        }),
      ),
      labels: [{ row: 'service-port', object: make.ref(at, 'Service', 'ledger-rw') }],
    }),
  },
  {
    name: 'chain-policy',
    row: 'network-policy',
    ways: ['dump'],
    plant: at => ({
      objects: [
        ...ledger(at),
        ...clientsOf(at),
        make.object(at, 'NetworkPolicy', at.name('guard'), {
          apiVersion: 'networking.k8s.io/v1',
          spec: { podSelector: { matchLabels: at.labels('ledger') }, policyTypes: ['Ingress'] },
        }),
      ],
      lives: allClients(
        crashes(1, {
          log: [`dial tcp: connect to ${at.name('ledger')}.${at.namespace}.svc:5432: i/o timeout`],
        }),
      ),
      labels: [{ row: 'network-policy', object: make.ref(at, 'NetworkPolicy', 'guard') }],
    }),
  },
  {
    name: 'chain-node',
    row: 'node',
    ways: ['dump'],
    alone: true,
    plant: at => {
      const there = { pod: { nodeSelector: { 'kubernetes.io/hostname': 'node-3' } } };
      return {
        objects: [
          ...clients.flatMap(base => [
            make.deployment(at, base, there),
            make.service(at, base),
            make.ingress(at, base),
          ]),
          make.statefulSet(at, 'ledger', there),
          make.headless(at, 'ledger'),
        ],
        lives: { ...allClients(lost), ledger: lost },
        nodes: {
          'node-3': {
            spec: {
              taints: ['NoSchedule', 'NoExecute'].map(effect => ({
                key: 'node.kubernetes.io/unreachable',
                effect,
                timeAdded: ago(30),
              })),
            },
            status: { conditions: unknown },
            lease: 1_860,
          },
        },
        events: [
          {
            about: { kind: 'Node', name: 'node-3' },
            reason: 'NodeNotReady',
            message: 'Node node-3 status is now: NodeNotReady',
            from: 'node-controller',
            type: 'Normal',
          },
        ],
        labels: [{ row: 'node', object: { kind: 'Node', name: 'node-3' } }],
      };
    },
  },
  {
    name: 'chain-dns',
    row: 'cluster-service',
    ways: ['dump'],
    alone: true,
    plant: at => ({
      objects: [
        make.deployment(systemPlace, 'coredns', {
          podLabels: { 'k8s-app': 'kube-dns' },
          spec: { selector: { matchLabels: { 'k8s-app': 'kube-dns' } } },
          pod: {
            serviceAccountName: 'coredns',
            volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
          },
          container: {
            name: 'coredns',
            image: 'coredns/coredns:v1.12.4',
            ports: [
              { name: 'dns', containerPort: 53, protocol: 'UDP' },
              { name: 'dns-tcp', containerPort: 53 },
            ],
          },
        }),
        ...ledger(at),
        ...clientsOf(at),
      ],
      lives: {
        coredns: crashes(1, {
          log: ["/etc/coredns/Corefile:4 - Error during parsing: Unknown directive 'forwrad'"],
        }),
        ...allClients(
          crashes(1, {
            log: [
              `could not translate host name "${at.name('ledger')}.${at.namespace}.svc" to address: Temporary failure in name resolution`,
            ],
          }),
        ),
      },
      labels: [
        {
          row: 'cluster-service',
          object: { kind: 'Deployment', name: 'coredns', namespace: 'kube-system' },
          also: [
            { row: 'crash-loop', why: 'what is wrong with its workload' },
            {
              object: { kind: 'ConfigMap', name: 'coredns', namespace: 'kube-system' },
              why: 'what it cannot read',
            },
          ],
        },
      ],
    }),
  },
  {
    name: 'chain-webhook',
    row: 'webhook',
    ways: ['dump'],
    plant: at => {
      const message = `Error creating: Internal error occurred: failed calling webhook "inject.acme.dev": failed to call webhook: Post "https://${at.name('injector')}.${at.namespace}.svc:443/inject?timeout=10s": no endpoints available for service "${at.name('injector')}"`;
      const kind = 'MutatingWebhookConfiguration';
      return {
        objects: [
          make.deployment(at, 'injector', {
            container: { image: 'acme/importer:2.1', ports: [{ name: 'https', containerPort: 8443 }] },
          }),
          make.service(at, 'injector', { ports: [{ name: 'https', port: 443, targetPort: 'https' }] }),
          make.object(undefined, kind, at.name('injector'), {
            apiVersion: 'admissionregistration.k8s.io/v1',
            webhooks: [
              {
                name: 'inject.acme.dev',
                admissionReviewVersions: ['v1'],
                sideEffects: 'None',
                failurePolicy: 'Fail',
                clientConfig: {
                  service: { name: at.name('injector'), namespace: at.namespace, path: '/inject', port: 443 },
                },
                rules: [
                  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
                ],
              },
            ],
          }),
          ...clients.flatMap(base => [make.deployment(at, base), make.service(at, base)]),
        ],
        lives: { injector: crashes(3, { log: ['panic: open /certs/tls.crt: no such file or directory'] }) },
        made: Object.fromEntries(clients.map(base => [base, 0])),
        statuses: Object.fromEntries(clients.map(base => [base, { refused: message }])),
        events: clients.map(base => ({
          about: { kind: 'ReplicaSet', name: `${at.name(base)}-7d9c5b8f6`, namespace: at.namespace },
          reason: 'FailedCreate',
          message,
          from: 'replicaset-controller',
        })),
        labels: [
          {
            row: 'crash-loop',
            object: make.ref(at, 'Deployment', 'injector'),
            also: [
              {
                row: 'webhook',
                object: { kind, name: at.name('injector') },
                why: 'it is what refuses everybody',
              },
              { object: make.ref(at, 'Service', 'injector'), why: 'it has no endpoints' },
            ],
          },
        ],
      };
    },
  },
  {
    name: 'chain-job-image',
    row: 'image-pull',
    ways: ['dump', 'sandbox'],
    plant: at => ({
      objects: [make.job(at, 'import', { container: { image: 'acme/batch:7.7' } })],
      lives: {
        import: pullsNot('failed to resolve reference "docker.io/IMAGE": docker.io/IMAGE: not found'),
      },
      labels: [{ row: 'image-pull', object: make.ref(at, 'Job', 'import') }],
    }),
  },
  {
    name: 'chain-projected-config',
    row: 'container-config',
    ways: ['dump', 'spec', 'sandbox'],
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', {
          replicas: 3,
          container: { volumeMounts: [{ name: 'all', mountPath: '/all' }] },
          pod: {
            volumes: [
              {
                name: 'all',
                projected: {
                  sources: [
                    { configMap: { name: at.name('storefront-settings') } },
                    { configMap: { name: at.name('extra-settings') } },
                  ],
                },
              },
            ],
          },
        }),
        make.headless(at, 'orders'),
      ],
      lives: {
        orders: waits('ContainerCreating', '', [
          {
            reason: 'FailedMount',
            message: `MountVolume.SetUp failed for volume "all" : configmap "${at.name('extra-settings')}" not found`,
            count: 20,
          },
        ]),
      },
      labels: [
        {
          row: 'container-config',
          object: make.ref(at, 'ConfigMap', 'extra-settings'),
          also: [{ row: 'pending-volume', why: 'it is wanted as a volume' }],
        },
      ],
    }),
  },
];
