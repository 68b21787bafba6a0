import type { JsonObject } from '../../../src/core/json.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { takenMs } from './base.ts';
import type { Calm } from './calm.ts';
import { completed, failed, type Life, recovered, waits, well } from './lives.ts';
import * as make from './objects.ts';
import type { Place } from './world.ts';

// More of what is well and is easily mistaken.

const ago = (minutes: number) => new Date(takenMs - minutes * 60_000).toISOString().replace('.000Z', 'Z');
const rbac = 'rbac.authorization.k8s.io';
const objects = (name: string, plant: (at: Place) => KubeObject[]): Calm => ({
  name,
  plant: at => ({ objects: plant(at) }),
});

const rebooted: Life = (pod, at) => {
  const living = recovered({ restarts: 3, agoMinutes: 2_000 })(pod, {
    ...at,
    bornMs: at.nowMs - 20 * 86_400_000,
  });
  return living;
};

const doneJob = (minutes: number, more: JsonObject = {}): JsonObject => ({
  active: 0,
  ready: 0,
  succeeded: 1,
  startTime: ago(minutes + 2),
  completionTime: ago(minutes),
  conditions: [
    { type: 'Complete', status: 'True', lastTransitionTime: ago(minutes), lastProbeTime: ago(minutes) },
  ],
  ...more,
});

const deleting: Life = (pod, at) => well(pod, at);

export const oddButWell: readonly Calm[] = [
  {
    name: 'rebooted-node',
    plant: at => ({ objects: [make.deployment(at, 'search')], lives: { search: rebooted } }),
  },
  {
    name: 'job-second-try',
    plant: at => ({
      objects: [make.job(at, 'retry')],
      lives: { retry: completed },
      statuses: { retry: doneJob(30, { failed: 1 }) },
    }),
  },
  {
    name: 'cron-failed-once-long-ago',
    plant: at => {
      const cron = make.cronJob(at, 'report');
      const uid = `uid-cronjob-${at.namespace}-${at.name('report')}`;
      const run = (number: number, minutes: number): KubeObject => {
        const each = make.job(at, 'report', { spec: { backoffLimit: 0 } });
        each.metadata = {
          ...each.metadata,
          name: `${at.name('report')}-${number}`,
          creationTimestamp: ago(minutes),
          ownerReferences: [
            { apiVersion: 'batch/v1', kind: 'CronJob', name: at.name('report'), uid, controller: true },
          ],
        };
        return each;
      };
      const [old, recent] = [run(1, 200), run(2, 4)];
      return {
        objects: [{ ...cron, metadata: { ...cron.metadata, uid } }, old, recent],
        lives: { [old.metadata.name]: failed(1), [recent.metadata.name]: completed },
        statuses: {
          report: { lastScheduleTime: ago(4), lastSuccessfulTime: ago(3) },
          [old.metadata.name]: {
            failed: 1,
            startTime: ago(200),
            conditions: [
              {
                type: 'Failed',
                status: 'True',
                reason: 'BackoffLimitExceeded',
                message: 'Job has reached the specified backoff limit',
                lastTransitionTime: ago(199),
                lastProbeTime: ago(199),
              },
            ],
          },
          [recent.metadata.name]: doneJob(3),
        },
      };
    },
  },
  objects('quota-of-nothing', at => [
    make.object(at, 'ResourceQuota', at.name('no-balancers'), {
      spec: { hard: { 'services.loadbalancers': '0', 'services.nodeports': '0' } },
      status: {
        hard: { 'services.loadbalancers': '0', 'services.nodeports': '0' },
        used: { 'services.loadbalancers': '0', 'services.nodeports': '0' },
      },
    }),
  ]),
  objects('old-revision-with-gone-config', at => {
    const uid = `uid-deployment-${at.namespace}-${at.name('storefront')}`;
    const old = make.object(at, 'ReplicaSet', `${at.name('storefront')}-5c4d8b7f9`, {
      apiVersion: 'apps/v1',
      metadata: {
        labels: at.labels('storefront'),
        annotations: { 'deployment.kubernetes.io/revision': '0' },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name: at.name('storefront'),
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: at.labels('storefront') },
        template: make.template(at, 'storefront', {
          container: {
            image: 'acme/web:0.9',
            envFrom: [{ configMapRef: { name: at.name('gone-settings') } }],
          },
        }),
      },
    });
    return [old];
  }),
  {
    name: 'pod-in-its-grace',
    plant: at => ({
      objects: [
        make.object(at, 'Pod', at.name('leaving'), {
          metadata: {
            deletionTimestamp: new Date(takenMs + 20_000).toISOString().replace('.000Z', 'Z'),
            deletionGracePeriodSeconds: 30,
          },
          spec: { containers: [{ name: 'main', image: 'acme/web:1.4' }] },
        }),
      ],
      lives: { leaving: deleting },
    }),
  },
  {
    name: 'flapped-at-start',
    plant: at => ({
      objects: [
        make.deployment(at, 'warm', {
          container: { readinessProbe: { httpGet: { path: '/healthz', port: 8080 } } },
        }),
      ],
      lives: {
        warm: (pod, circumstances) => ({
          ...well(pod, circumstances),
          events: [
            {
              reason: 'Unhealthy',
              message:
                'Readiness probe failed: Get "http://10.244.1.7:8080/healthz": dial tcp 10.244.1.7:8080: connect: connection refused',
              count: 2,
            },
          ],
        }),
      },
    }),
  },
  {
    name: 'waited-for-a-node',
    plant: at => ({
      objects: [make.deployment(at, 'late')],
      lives: {
        late: (pod, circumstances) => ({
          ...well(pod, circumstances),
          events: [
            {
              reason: 'FailedScheduling',
              message: '0/4 nodes are available: 4 Insufficient cpu.',
              from: 'default-scheduler',
            },
          ],
        }),
      },
    }),
  },
  objects('external-addresses', at => [
    make.deployment(at, 'caller', {
      container: {
        env: [
          make.env('DATABASE_URL', 'postgres://db.example.com:5432/app'),
          make.env('SELF', 'http://localhost:8080'),
          make.env('API', 'https://api.example.com/v1'),
          make.env('CACHE', '10.1.2.3:6379'),
          make.env('BROKER', 'broker-1.internal.example.net:9092'),
        ],
      },
    }),
  ]),
  objects('webhook-that-is-ignored', at => [
    make.object(undefined, 'ValidatingWebhookConfiguration', at.name('soft'), {
      apiVersion: 'admissionregistration.k8s.io/v1',
      webhooks: [
        {
          name: 'soft.acme.dev',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          clientConfig: { url: 'https://guard.example.com/check' },
          rules: [
            { apiGroups: ['acme.dev'], apiVersions: ['*'], operations: ['CREATE'], resources: ['widgets'] },
          ],
        },
      ],
    }),
  ]),
  objects('aggregated-role', () => [
    make.object(undefined, 'ClusterRole', 'monitoring', {
      apiVersion: `${rbac}/v1`,
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'acme.dev/aggregate': 'true' } }] },
      rules: [],
    }),
  ]),
  objects('ingress-default-backend', at => [
    make.deployment(at, 'front'),
    make.service(at, 'front'),
    make.object(at, 'Ingress', at.name('front'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: {
        ingressClassName: 'nginx',
        defaultBackend: { service: { name: at.name('front'), port: { number: 80 } } },
      },
    }),
  ]),
  objects('ingress-two-paths-one-host', at => [
    make.deployment(at, 'front'),
    make.service(at, 'front'),
    make.ingress(at, 'front', { host: 'both.example.com', path: '/' }),
    {
      ...make.ingress(at, 'front', { host: 'both.example.com', path: '/api' }),
      metadata: { name: at.name('front-api'), namespace: at.namespace },
    },
  ]),
  objects('balancer-just-asked', at => [
    make.deployment(at, 'front'),
    {
      ...make.service(at, 'front', { type: 'LoadBalancer' }),
      metadata: { name: at.name('front'), namespace: at.namespace, creationTimestamp: ago(0.5) },
      status: { loadBalancer: {} },
    },
  ]),
  objects('closed-namespace-with-doors', at => [
    make.deployment(at, 'orders', {
      container: { env: [make.env('DATABASE_URL', `postgres://${at.name('database')}:5432/app`)] },
    }),
    make.object(at, 'NetworkPolicy', at.name('closed'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    }),
    make.object(at, 'NetworkPolicy', at.name('names'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
                podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              },
            ],
            ports: [
              { port: 53, protocol: 'UDP' },
              { port: 53, protocol: 'TCP' },
            ],
          },
        ],
      },
    }),
    make.object(at, 'NetworkPolicy', at.name('within'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{ to: [{ podSelector: {} }] }],
      },
    }),
    make.object(at, 'NetworkPolicy', at.name('front-door'), {
      apiVersion: 'networking.k8s.io/v1',
      spec: {
        podSelector: { matchLabels: at.labels('storefront') },
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          },
        ],
      },
    }),
  ]),
  objects('publish-not-ready', at => [
    make.statefulSet(at, 'gossip', { replicas: 3 }),
    make.headless(at, 'gossip', { publishNotReadyAddresses: true }),
  ]),
  objects('canary-by-partition', at => [
    make.statefulSet(at, 'ring', {
      replicas: 3,
      spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } },
    }),
    make.headless(at, 'ring'),
  ]),
  objects('stateful-without-service', at => {
    const each = make.statefulSet(at, 'solo');
    const { serviceName: _none, ...spec } = each.spec ?? {};
    return [{ ...each, spec }];
  }),
  {
    name: 'daemon-update-under-way',
    plant: at => ({
      objects: [make.daemonSet(at, 'agent')],
      statuses: { agent: { updatedNumberScheduled: 1, numberUnavailable: 1, numberAvailable: 2 } },
    }),
  },
  objects('helm-upgrade-under-way', at => [
    make.object(at, 'Secret', `sh.helm.release.v1.${at.name('mesh')}.v2`, {
      type: 'helm.sh/release.v1',
      metadata: {
        creationTimestamp: ago(0.7),
        labels: {
          name: at.name('mesh'),
          owner: 'helm',
          status: 'pending-upgrade',
          version: '2',
          modifiedAt: `${Math.floor(takenMs / 1_000) - 40}`,
        },
      },
      data: { release: 'SDRz' },
    }),
    make.object(at, 'Secret', `sh.helm.release.v1.${at.name('mesh')}.v1`, {
      type: 'helm.sh/release.v1',
      metadata: { labels: { name: at.name('mesh'), owner: 'helm', status: 'deployed', version: '1' } },
      data: { release: 'SDRz' },
    }),
  ]),
  {
    name: 'initializing',
    plant: at => ({
      objects: [
        make.object(at, 'Pod', at.name('starting'), {
          metadata: { creationTimestamp: ago(0.6) },
          spec: {
            initContainers: [{ name: 'fetch', image: 'acme/batch:1.0' }],
            containers: [{ name: 'main', image: 'acme/web:1.4' }],
          },
        }),
      ],
      lives: {
        starting: (pod, { nowMs }) => waits('PodInitializing', '')(pod, { nowMs, bornMs: nowMs - 36_000 }),
      },
    }),
  },
  objects('budget-of-what-sleeps', at => [
    make.deployment(at, 'asleep', { replicas: 0 }),
    make.object(at, 'PodDisruptionBudget', at.name('asleep'), {
      apiVersion: 'policy/v1',
      spec: { maxUnavailable: 1, selector: { matchLabels: at.labels('asleep') } },
      status: {
        currentHealthy: 0,
        desiredHealthy: 0,
        disruptionsAllowed: 0,
        expectedPods: 0,
        observedGeneration: 1,
        conditions: [
          {
            type: 'DisruptionAllowed',
            status: 'False',
            reason: 'InsufficientPods',
            message: '',
            lastTransitionTime: ago(900),
          },
        ],
      },
    }),
  ]),
  objects('claim-growing', at => [
    make.object(at, 'PersistentVolumeClaim', at.name('growing'), {
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '2Gi' } },
        storageClassName: 'standard',
        volumeName: at.name('pv-growing'),
      },
      status: {
        phase: 'Bound',
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        conditions: [
          {
            type: 'FileSystemResizePending',
            status: 'True',
            message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
            lastTransitionTime: ago(2),
            lastProbeTime: null,
          },
        ],
      },
    }),
    {
      ...make.volumeOf(at.name('pv-growing'), {
        storageClassName: 'standard',
        claimRef: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          name: at.name('growing'),
          namespace: at.namespace,
          uid: `uid-persistentvolumeclaim-${at.namespace}-${at.name('growing')}`,
        },
      }),
      status: { phase: 'Bound' },
    },
  ]),
];
