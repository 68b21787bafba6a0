import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { takenMs } from './base.ts';
import { oddButWell } from './calm-odd.ts';
import { othersCertificate } from './faults/pems.ts';
import { completed, recovered, waits } from './lives.ts';
import * as make from './objects.ts';
import type { Place, Planted } from './world.ts';

// What looks odd and is well: nobody may be told of it. `noise` stands beside faults as well.

export interface Calm {
  name: string;
  noise?: true;
  plant(at: Place): Omit<Planted, 'labels'>;
}

const ago = (minutes: number) => new Date(takenMs - minutes * 60_000).toISOString().replace('.000Z', 'Z');
const rbac = 'rbac.authorization.k8s.io';

function objects(name: string, plant: (at: Place) => KubeObject[]): Calm {
  return { name, plant: at => ({ objects: plant(at) }) };
}

/** Two replica sets, the new pods a few seconds old. */
function rollingUpdate(at: Place): Omit<Planted, 'labels'> {
  const each = make.deployment(at, 'cart', {
    replicas: 3,
    container: { readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 10 } },
  });
  const selector = { matchLabels: at.labels('cart') };
  const labels = { ...at.labels('cart'), 'pod-template-hash': '5f6d8c9b7' };
  const uid = `uid-deployment-${at.namespace}-${at.name('cart')}`;
  const set = make.object(at, 'ReplicaSet', `${at.name('cart')}-5f6d8c9b7`, {
    apiVersion: 'apps/v1',
    metadata: {
      labels,
      uid: `uid-new-${at.namespace}`,
      creationTimestamp: ago(0.5),
      annotations: { 'deployment.kubernetes.io/revision': '2' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: at.name('cart'),
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { replicas: 1, selector, template: make.template(at, 'cart', {}) },
  });
  const pod = make.object(at, 'Pod', `${at.name('cart')}-5f6d8c9b7-x2k4m`, {
    metadata: {
      labels,
      creationTimestamp: ago(0.4),
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: set.metadata.name,
          uid: `uid-new-${at.namespace}`,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { containers: [{ name: 'main', image: 'acme/web:1.5' }] },
  });
  return {
    objects: [each, make.service(at, 'cart'), set, pod],
    lives: {
      [`${at.name('cart')}-5f6d8c9b7-x2k4m`]: (young, { nowMs }) =>
        waits('ContainerCreating', '')(young, { nowMs, bornMs: nowMs - 24_000 }),
      [`${at.name('cart')}-5f6d8c9b7`]: (young, { nowMs }) =>
        waits('ContainerCreating', '')(young, { nowMs, bornMs: nowMs - 24_000 }),
    },
    made: { [`${at.name('cart')}-5f6d8c9b7`]: 0 },
    statuses: {
      cart: {
        replicas: 4,
        updatedReplicas: 1,
        unavailableReplicas: 1,
        conditions: [
          {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
            lastUpdateTime: ago(4_000),
            lastTransitionTime: ago(4_000),
          },
          {
            type: 'Progressing',
            status: 'True',
            reason: 'ReplicaSetUpdated',
            message: `ReplicaSet "${at.name('cart')}-5f6d8c9b7" is progressing.`,
            lastUpdateTime: ago(0.4),
            lastTransitionTime: ago(4_000),
          },
        ],
      },
    },
  };
}

const noises: Calm[] = [
  { name: 'rolling-update', noise: true, plant: rollingUpdate },
  {
    name: 'finished-job',
    noise: true,
    plant: at => ({
      objects: [make.job(at, 'import-once')],
      lives: { 'import-once': completed },
      statuses: {
        'import-once': {
          active: 0,
          ready: 0,
          succeeded: 1,
          startTime: ago(60),
          completionTime: ago(59),
          conditions: [
            {
              type: 'SuccessCriteriaMet',
              status: 'True',
              lastTransitionTime: ago(59),
              lastProbeTime: ago(59),
            },
            { type: 'Complete', status: 'True', lastTransitionTime: ago(59), lastProbeTime: ago(59) },
          ],
        },
      },
    }),
  },
  {
    name: 'recovered-restarts',
    noise: true,
    plant: at => ({
      objects: [make.deployment(at, 'search')],
      lives: { search: recovered({ restarts: 4, agoMinutes: 25 }) },
    }),
  },
  {
    name: 'old-events',
    noise: true,
    plant: at => ({
      objects: [make.deployment(at, 'mail')],
      events: [
        {
          about: { kind: 'Pod', name: `${at.name('mail')}-7d9c5b8f6-gone1`, namespace: at.namespace },
          reason: 'BackOff',
          message: 'Back-off restarting failed container main in pod',
          from: 'kubelet',
        },
        {
          about: { kind: 'Pod', name: `${at.name('mail')}-7d9c5b8f6-gone2`, namespace: at.namespace },
          reason: 'FailedScheduling',
          message: '0/4 nodes are available: 4 Insufficient cpu.',
          from: 'default-scheduler',
        },
        {
          about: { kind: 'Pod', name: `${at.name('mail')}-7d9c5b8f6-gone3`, namespace: at.namespace },
          reason: 'Unhealthy',
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
          from: 'kubelet',
        },
      ],
    }),
  },
  {
    name: 'scaled-to-zero-unused',
    noise: true,
    plant: at => ({ objects: [make.deployment(at, 'seasonal', { replicas: 0 })] }),
  },
  {
    name: 'cordoned-for-an-hour',
    noise: true,
    plant: () => ({
      objects: [],
      nodes: {
        'node-2': {
          spec: {
            unschedulable: true,
            taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: ago(60) }],
          },
        },
      },
    }),
  },
  {
    name: 'drain-under-way',
    noise: true,
    plant: at => ({
      objects: [make.deployment(at, 'moved')],
      nodes: {
        'node-1': {
          spec: {
            unschedulable: true,
            taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: ago(3) }],
          },
        },
      },
      events: [
        {
          about: { kind: 'Node', name: 'node-1' },
          reason: 'NodeNotSchedulable',
          message: 'Node node-1 status is now: NodeNotSchedulable',
          from: 'kubelet',
          type: 'Normal',
        },
        {
          about: { kind: 'Pod', name: `${at.name('moved')}-7d9c5b8f6-old11`, namespace: at.namespace },
          reason: 'Killing',
          message: 'Stopping container main',
          from: 'kubelet',
          type: 'Normal',
        },
        {
          about: { kind: 'Pod', name: `${at.name('moved')}-7d9c5b8f6-old11`, namespace: at.namespace },
          reason: 'TaintManagerEviction',
          message: 'Marking for deletion Pod',
          from: 'taint-eviction-controller',
          type: 'Normal',
        },
      ],
    }),
  },
  {
    name: 'young-pod',
    noise: true,
    plant: at => ({
      objects: [
        make.object(at, 'Pod', at.name('just-born'), {
          metadata: { creationTimestamp: ago(0.2) },
          spec: { containers: [{ name: 'main', image: 'acme/web:1.4' }] },
        }),
      ],
      lives: {
        'just-born': (pod, { nowMs }) =>
          waits('ContainerCreating', '')(pod, { nowMs, bornMs: nowMs - 12_000 }),
      },
    }),
  },
];

const healthy: Calm[] = [
  objects('plain', () => []),
  objects('wait-for-first-consumer', at => [
    { ...make.claim(at, 'later', { storageClassName: 'standard' }), status: { phase: 'Pending' } },
  ]),
  objects('suspended-cron', at => [make.cronJob(at, 'paused-report', { spec: { suspend: true } })]),
  {
    name: 'cron-well',
    plant: at => ({
      objects: [make.cronJob(at, 'report')],
      statuses: { report: { lastScheduleTime: ago(4), lastSuccessfulTime: ago(3.5) } },
    }),
  },
  {
    name: 'stateful-with-volumes',
    plant: at => ({
      objects: [
        make.headless(at, 'ledger'),
        make.statefulSet(at, 'ledger', {
          replicas: 3,
          container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
          spec: {
            volumeClaimTemplates: [
              {
                metadata: { name: 'data' },
                spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
              },
            ],
          },
        }),
        ...[0, 1, 2].map(index =>
          make.object(at, 'PersistentVolumeClaim', `data-${at.name('ledger')}-${index}`, {
            spec: {
              accessModes: ['ReadWriteOnce'],
              resources: { requests: { storage: '1Gi' } },
              storageClassName: 'standard',
            },
          }),
        ),
      ],
    }),
  },
  {
    name: 'daemon-for-windows',
    plant: at => ({
      objects: [
        make.daemonSet(at, 'exporter-windows', { pod: { nodeSelector: { 'kubernetes.io/os': 'windows' } } }),
      ],
      made: { 'exporter-windows': 0 },
    }),
  },
  objects('daemon-everywhere', at => [
    make.daemonSet(at, 'agent', { pod: { tolerations: [{ operator: 'Exists' }] } }),
  ]),
  objects('operator-with-resources', at => [
    make.object(undefined, 'CustomResourceDefinition', 'backups.acme.dev', {
      apiVersion: 'apiextensions.k8s.io/v1',
      spec: {
        group: 'acme.dev',
        scope: 'Namespaced',
        names: { kind: 'Backup', listKind: 'BackupList', plural: 'backups', singular: 'backup' },
        versions: [
          { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
        ],
      },
      status: {
        storedVersions: ['v1'],
        acceptedNames: { kind: 'Backup', plural: 'backups' },
        conditions: [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: '' }],
      },
    }),
    make.object(at, 'Backup', at.name('nightly'), {
      apiVersion: 'acme.dev/v1',
      spec: { schedule: '0 3 * * *' },
      status: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False', reason: 'NotYet' }] },
    }),
    make.object(at, 'ServiceAccount', at.name('backup-operator')),
    make.deployment(at, 'backup-operator', {
      replicas: 1,
      pod: { serviceAccountName: at.name('backup-operator') },
    }),
    make.object(undefined, 'ClusterRole', at.name('backup-operator'), {
      apiVersion: `${rbac}/v1`,
      rules: [{ apiGroups: ['acme.dev'], resources: ['backups', 'backups/status'], verbs: ['*'] }],
    }),
    make.object(undefined, 'ClusterRoleBinding', at.name('backup-operator'), {
      apiVersion: `${rbac}/v1`,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: at.name('backup-operator') },
      subjects: [{ kind: 'ServiceAccount', name: at.name('backup-operator'), namespace: at.namespace }],
    }),
  ]),
  objects('helm-deployed', at =>
    [
      ['1', 'superseded'],
      ['2', 'deployed'],
    ].map(([version = '', status = '']) =>
      make.object(at, 'Secret', `sh.helm.release.v1.${at.name('mesh')}.v${version}`, {
        type: 'helm.sh/release.v1',
        metadata: { labels: { name: at.name('mesh'), owner: 'helm', status, version } },
        data: { release: 'SDRz' },
      }),
    ),
  ),
  {
    name: 'autoscaler-well',
    plant: at => ({
      objects: [
        make.deployment(at, 'busy', { container: { resources: { requests: { cpu: '100m' } } } }),
        make.object(at, 'HorizontalPodAutoscaler', at.name('busy-scaler'), {
          apiVersion: 'autoscaling/v2',
          spec: {
            minReplicas: 2,
            maxReplicas: 6,
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: at.name('busy') },
            metrics: [
              {
                type: 'Resource',
                resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
              },
            ],
          },
          status: {
            currentReplicas: 2,
            desiredReplicas: 2,
            conditions: [
              {
                type: 'AbleToScale',
                status: 'True',
                reason: 'ReadyForNewScale',
                message: 'recommended size matches current size',
                lastTransitionTime: ago(500),
              },
              {
                type: 'ScalingActive',
                status: 'True',
                reason: 'ValidMetricFound',
                message: 'the HPA was able to successfully calculate a replica count',
                lastTransitionTime: ago(500),
              },
              {
                type: 'ScalingLimited',
                status: 'True',
                reason: 'TooFewReplicas',
                message: 'the desired replica count is less than the minimum replica count',
                lastTransitionTime: ago(500),
              },
            ],
            currentMetrics: [
              {
                type: 'Resource',
                resource: { name: 'cpu', current: { averageUtilization: 20, averageValue: '20m' } },
              },
            ],
          },
        }),
      ],
    }),
  },
  objects('budget-well', at => [
    make.deployment(at, 'wide', { replicas: 3 }),
    make.object(at, 'PodDisruptionBudget', at.name('wide-budget'), {
      apiVersion: 'policy/v1',
      spec: { minAvailable: 2, selector: { matchLabels: at.labels('wide') } },
      status: {
        currentHealthy: 3,
        desiredHealthy: 2,
        disruptionsAllowed: 1,
        expectedPods: 3,
        observedGeneration: 1,
        conditions: [
          {
            type: 'DisruptionAllowed',
            status: 'True',
            reason: 'SufficientPods',
            message: '',
            lastTransitionTime: ago(900),
          },
        ],
      },
    }),
  ]),
  objects('external-name', at => [
    make.object(at, 'Service', at.name('billing'), {
      spec: { type: 'ExternalName', externalName: 'billing.example.com' },
    }),
  ]),
  objects('service-by-hand', at => [
    make.object(at, 'Service', at.name('mainframe'), { spec: { ports: [{ name: 'sql', port: 5432 }] } }),
    make.object(at, 'EndpointSlice', `${at.name('mainframe')}-1`, {
      apiVersion: 'discovery.k8s.io/v1',
      metadata: { labels: { 'kubernetes.io/service-name': at.name('mainframe') } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['192.0.2.10'], conditions: { ready: true } }],
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    }),
  ]),
  objects('two-services-one-workload', at => [
    make.deployment(at, 'both', {
      container: {
        ports: [
          { name: 'http', containerPort: 8080 },
          { name: 'metrics', containerPort: 9090 },
        ],
      },
    }),
    make.service(at, 'both'),
    {
      ...make.service(at, 'both', { ports: [{ name: 'metrics', port: 9090, targetPort: 'metrics' }] }),
      metadata: { name: at.name('both-metrics'), namespace: at.namespace },
    },
  ]),
  objects('undeclared-port', at => [
    make.deployment(at, 'bare', { container: { ports: [] } }),
    make.service(at, 'bare'),
  ]),
  objects('policies-that-let-through', at => [
    make.deployment(at, 'orders', {
      container: { env: [make.env('DATABASE_URL', `postgres://${at.name('database')}:5432/app`)] },
    }),
    make.object(at, 'NetworkPolicy', at.name('deny-all'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    }),
    make.object(at, 'NetworkPolicy', at.name('to-database'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: {
        podSelector: { matchLabels: at.labels('database') },
        ingress: [{ from: [{ podSelector: { matchLabels: at.labels('orders') } }], ports: [{ port: 5432 }] }],
      },
    }),
    make.object(at, 'NetworkPolicy', at.name('to-storefront'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: { podSelector: { matchLabels: at.labels('storefront') }, ingress: [{}] },
    }),
  ]),
  objects('quota-with-room', at => [
    make.object(at, 'ResourceQuota', at.name('limits'), {
      spec: { hard: { pods: '20', 'requests.cpu': '4' } },
      status: { hard: { pods: '20', 'requests.cpu': '4' }, used: { pods: '11', 'requests.cpu': '2' } },
    }),
    make.object(at, 'LimitRange', at.name('bounds'), {
      spec: { limits: [{ type: 'Container', max: { memory: '2Gi' }, default: { memory: '256Mi' } }] },
    }),
  ]),
  objects('released-volume-unwanted', at => [
    {
      ...make.volumeOf(at.name('old-data'), {
        storageClassName: 'standard',
        claimRef: {
          kind: 'PersistentVolumeClaim',
          apiVersion: 'v1',
          name: 'gone',
          namespace: at.namespace,
          uid: 'x',
        },
      }),
      status: { phase: 'Released' },
    },
  ]),
  objects('available-volume', at => [{ ...make.volumeOf(at.name('spare')), status: { phase: 'Available' } }]),
  objects('optional-config', at => [
    make.deployment(at, 'lenient', {
      container: {
        envFrom: [{ configMapRef: { name: at.name('maybe'), optional: true } }],
        env: [
          make.env('TOKEN', { secretKeyRef: { name: at.name('maybe-too'), key: 'token', optional: true } }),
        ],
        volumeMounts: [{ name: 'extra', mountPath: '/extra' }],
      },
      pod: { volumes: [{ name: 'extra', secret: { secretName: at.name('maybe-three'), optional: true } }] },
    }),
  ]),
  objects('native-sidecar', at => [
    make.deployment(at, 'meshed', {
      pod: { initContainers: [{ name: 'proxy', image: 'acme/proxy:1.0', restartPolicy: 'Always' }] },
    }),
  ]),
  objects('groups-and-users', at => [
    make.object(at, 'RoleBinding', at.name('devs-view'), {
      apiVersion: `${rbac}/v1`,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
      subjects: [
        { kind: 'Group', apiGroup: rbac, name: 'devs' },
        { kind: 'User', apiGroup: rbac, name: 'alice@example.com' },
      ],
    }),
  ]),
  objects('valid-certificate', at => [
    make.object(at, 'Secret', at.name('front-tls'), {
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': othersCertificate, 'tls.key': 'ZGVtbw==' },
    }),
    make.deployment(at, 'front'),
    make.service(at, 'front'),
    make.ingress(at, 'front', {
      host: 'other.example.org',
      spec: { tls: [{ hosts: ['other.example.org'], secretName: at.name('front-tls') }] },
    }),
  ]),
  objects('webhook-that-may-fail', at => [
    make.deployment(at, 'guard', { container: { ports: [{ name: 'https', containerPort: 8443 }] } }),
    make.service(at, 'guard', { ports: [{ name: 'https', port: 443, targetPort: 'https' }] }),
    make.object(undefined, 'ValidatingWebhookConfiguration', at.name('guard'), {
      apiVersion: 'admissionregistration.k8s.io/v1',
      webhooks: [
        {
          name: 'guard.acme.dev',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          clientConfig: { service: { name: at.name('guard'), namespace: at.namespace, port: 443 } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
      ],
    }),
  ]),
  objects('static-pods', () =>
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(name =>
      make.object({ namespace: 'kube-system' }, 'Pod', `${name}-node-1`, {
        metadata: {
          labels: { component: name, tier: 'control-plane' },
          annotations: { 'kubernetes.io/config.mirror': 'abc', 'kubernetes.io/config.source': 'file' },
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'uid-node-1', controller: true },
          ],
        },
        spec: {
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          containers: [{ name, image: `${name}:v1.36.2` }],
        },
      }),
    ),
  ),
  {
    name: 'k3s-system',
    plant: () => {
      const at: Place = {
        namespace: 'kube-system',
        way: 'dump',
        name: base => base,
        labels: base => ({ app: base }),
      };
      return {
        objects: [
          ...['helm-install-traefik', 'helm-install-traefik-crd'].map(name =>
            make.job(at, name, { pod: { restartPolicy: 'OnFailure' } }),
          ),
          make.deployment(at, 'traefik', {
            replicas: 1,
            container: {
              ports: [
                { name: 'web', containerPort: 8000 },
                { name: 'websecure', containerPort: 8443 },
              ],
            },
          }),
          make.object(at, 'Service', 'traefik', {
            spec: {
              type: 'LoadBalancer',
              selector: { app: 'traefik' },
              ports: [{ name: 'web', port: 80, targetPort: 'web', nodePort: 30081 }],
            },
            status: { loadBalancer: { ingress: [{ ip: '10.0.0.11' }] } },
          }),
          make.daemonSet(at, 'svclb-traefik-1', {
            container: { ports: [{ name: 'lb', containerPort: 80, hostPort: 80 }] },
          }),
          make.deployment(at, 'local-path-provisioner', { replicas: 1, container: { ports: [] } }),
        ],
        lives: { 'helm-install-traefik': completed, 'helm-install-traefik-crd': completed },
        statuses: Object.fromEntries(
          ['helm-install-traefik', 'helm-install-traefik-crd'].map(name => [
            name,
            {
              active: 0,
              ready: 0,
              succeeded: 1,
              startTime: ago(9_000),
              completionTime: ago(8_999),
              conditions: [
                {
                  type: 'Complete',
                  status: 'True',
                  lastTransitionTime: ago(8_999),
                  lastProbeTime: ago(8_999),
                },
              ],
            } satisfies JsonObject,
          ]),
        ),
      };
    },
  },
  {
    name: 'node-one-minor-older',
    plant: () => ({
      objects: [],
      nodes: { 'node-2': { metadata: { annotations: { note: 'to be upgraded' } } } },
    }),
  },
  {
    name: 'long-running-job',
    plant: at => ({ objects: [make.job(at, 'train', { container: { image: 'acme/web:1.4' } })] }),
  },
  objects('job-suspended', at =>
    [
      {
        ...make.job(at, 'queued', { spec: { suspend: true } }),
        status: {
          conditions: [
            {
              type: 'Suspended',
              status: 'True',
              reason: 'JobSuspended',
              message: 'Job suspended',
              lastProbeTime: ago(90),
              lastTransitionTime: ago(90),
            },
          ],
        },
      },
    ].map(each => each),
  ),
  objects('gateway-well', at => [
    make.object(undefined, 'GatewayClass', 'envoy', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
      status: {
        conditions: [
          {
            type: 'Accepted',
            status: 'True',
            reason: 'Accepted',
            message: '',
            lastTransitionTime: ago(9_000),
          },
        ],
      },
    }),
    make.object(at, 'Gateway', at.name('edge'), {
      apiVersion: 'gateway.networking.k8s.io/v1',
      spec: { gatewayClassName: 'envoy', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      status: {
        addresses: [{ type: 'IPAddress', value: '10.0.0.50' }],
        conditions: ['Accepted', 'Programmed'].map(type => ({
          type,
          status: 'True',
          reason: type,
          message: '',
          lastTransitionTime: ago(9_000),
        })),
      },
    }),
    make.object(at, 'HTTPRoute', at.name('front'), {
      apiVersion: 'gateway.networking.k8s.io/v1',
      spec: {
        parentRefs: [{ name: at.name('edge') }],
        hostnames: ['www.example.com'],
        rules: [{ backendRefs: [{ name: at.name('storefront'), port: 80 }] }],
      },
      status: {
        parents: [
          {
            parentRef: { name: at.name('edge') },
            controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
            conditions: ['Accepted', 'ResolvedRefs'].map(type => ({
              type,
              status: 'True',
              reason: type,
              message: '',
              lastTransitionTime: ago(9_000),
            })),
          },
        ],
      },
    }),
  ]),
];

export const calms: readonly Calm[] = [...noises, ...healthy, ...oddButWell];
