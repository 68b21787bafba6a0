import type { JsonObject } from '../../../../src/core/json.ts';
import type { KubeObject } from '../../../../src/kubernetes/object.ts';
import { takenMs } from '../base.ts';
import { completed, crashes, failed, unready, waits, well } from '../lives.ts';
import * as make from '../objects.ts';
import type { Fault, Label, Place, Planted, Way } from '../world.ts';

const everyWay: readonly Way[] = ['sandbox', 'dump', 'spec', 'recorded'];
const ago = (minutes: number) => new Date(takenMs - minutes * 60_000).toISOString().replace('.000Z', 'Z');

/** A Deployment whose pods are refused by the API server, with what the controller tells of it. */
function refused(
  at: Place,
  {
    objects,
    why,
    labels,
    kind = 'Deployment',
  }: { objects: KubeObject[]; why: string; labels: Label[]; kind?: string },
): Planted {
  const set = kind === 'Deployment' ? `${at.name('orders')}-7d9c5b8f6` : at.name('orders');
  const owner = kind === 'Deployment' ? 'ReplicaSet' : kind;
  const pod = `${set}-x9k2d`;
  const message = `Error creating: pods "${pod}" is forbidden: ${why}`;
  return {
    objects,
    made: { orders: 0 },
    statuses: { orders: { refused: message } },
    events: [
      {
        about: { kind: owner, name: set, namespace: at.namespace },
        reason: 'FailedCreate',
        message,
        from: kind === 'Deployment' ? 'replicaset-controller' : 'statefulset-controller',
      },
    ],
    labels,
  };
}

const creationRefused: Fault[] = [
  {
    name: 'refused-quota',
    row: 'creation-refused',
    plant: at => ({
      ...refused(at, {
        objects: [
          make.object(at, 'ResourceQuota', at.name('limits'), {
            spec: { hard: { 'requests.cpu': '1' } },
            ...(at.way === 'dump'
              ? { status: { hard: { 'requests.cpu': '1' }, used: { 'requests.cpu': '60m' } } }
              : {}),
          }),
          make.deployment(at, 'orders', {
            container: { resources: { requests: { cpu: '2', memory: '32Mi' } } },
          }),
        ],
        why: `exceeded quota: ${at.name('limits')}, requested: requests.cpu=2, used: requests.cpu=60m, limited: requests.cpu=1`,
        labels: [
          {
            row: 'creation-refused',
            object: make.ref(at, 'ResourceQuota', 'limits'),
            also: [
              { object: make.ref(at, 'Deployment', 'orders'), why: 'it asks for more than there is' },
              { row: 'quota', why: 'the quota is what refuses' },
            ],
          },
        ],
      }),
    }),
  },
  {
    name: 'refused-limit-range',
    row: 'creation-refused',
    plant: at =>
      refused(at, {
        objects: [
          make.object(at, 'LimitRange', at.name('bounds'), {
            spec: { limits: [{ type: 'Container', max: { memory: '512Mi' } }] },
          }),
          make.deployment(at, 'orders', {
            container: { resources: { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } } },
          }),
        ],
        why: 'maximum memory usage per Container is 512Mi, but limit is 2Gi',
        labels: [
          {
            row: 'creation-refused',
            object: make.ref(at, 'Deployment', 'orders'),
            also: [{ object: make.ref(at, 'LimitRange', 'bounds'), why: 'it refuses' }],
          },
        ],
      }),
  },
  {
    name: 'refused-service-account',
    row: 'creation-refused',
    ways: everyWay,
    plant: at =>
      refused(at, {
        objects: [make.deployment(at, 'orders', { pod: { serviceAccountName: at.name('robot') } })],
        why: `error looking up service account ${at.namespace}/${at.name('robot')}: serviceaccount "${at.name('robot')}" not found`,
        labels: [
          {
            row: 'creation-refused',
            object: make.ref(at, 'ServiceAccount', 'robot'),
            also: [{ object: make.ref(at, 'Deployment', 'orders'), why: 'it names the account' }],
          },
        ],
      }),
  },
  {
    name: 'refused-priority-class',
    row: 'creation-refused',
    ways: everyWay,
    plant: at =>
      refused(at, {
        kind: 'StatefulSet',
        objects: [
          make.statefulSet(at, 'orders', { pod: { priorityClassName: at.name('urgent') } }),
          make.headless(at, 'orders'),
        ],
        why: `no PriorityClass with name ${at.name('urgent')} was found`,
        labels: [
          {
            row: 'creation-refused',
            object: { kind: 'PriorityClass', name: at.name('urgent') },
            also: [{ object: make.ref(at, 'StatefulSet', 'orders'), why: 'it names the class' }],
          },
        ],
      }),
  },
  {
    name: 'refused-runtime-class',
    row: 'creation-refused',
    ways: ['dump', 'spec'],
    plant: at =>
      refused(at, {
        objects: [make.deployment(at, 'orders', { pod: { runtimeClassName: 'gvisor' } })],
        why: 'pod rejected: RuntimeClass "gvisor" not found',
        labels: [
          {
            row: 'creation-refused',
            object: { kind: 'RuntimeClass', name: 'gvisor' },
            also: [
              { object: make.ref(at, 'Deployment', 'orders'), why: 'it names the class' },
              { row: 'container-start', why: 'the rows name runtime classes there' },
            ],
          },
        ],
      }),
  },
];

const scaledToZero: Fault[] = [
  {
    name: 'zero-service',
    row: 'scaled-to-zero',
    ways: everyWay,
    plant: at => ({
      objects: [make.deployment(at, 'orders', { replicas: 0 }), make.service(at, 'orders')],
      labels: [{ row: 'scaled-to-zero', object: make.ref(at, 'Deployment', 'orders') }],
    }),
  },
  {
    name: 'zero-ingress',
    row: 'scaled-to-zero',
    ways: everyWay,
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', { replicas: 0 }),
        make.headless(at, 'orders'),
        make.ingress(at, 'orders', { port: { name: 'http' } }),
      ],
      labels: [{ row: 'scaled-to-zero', object: make.ref(at, 'StatefulSet', 'orders') }],
    }),
  },
  {
    name: 'zero-autoscaler',
    row: 'scaled-to-zero',
    ways: everyWay,
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          replicas: 0,
          container: { resources: { requests: { cpu: '50m' } } },
        }),
        autoscaler(at, 'orders'),
      ],
      labels: [
        {
          row: 'scaled-to-zero',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [
            {
              object: make.ref(at, 'HorizontalPodAutoscaler', 'orders'),
              row: 'autoscaler',
              why: 'it is disabled by it',
            },
          ],
        },
      ],
    }),
  },
];

function autoscaler(at: Place, base: string, more: JsonObject = {}, name = base): KubeObject {
  return make.object(at, 'HorizontalPodAutoscaler', at.name(name), {
    apiVersion: 'autoscaling/v2',
    spec: {
      minReplicas: 1,
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: at.name(base) },
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
      ...more,
    },
  });
}

const hpaStatus = (type: string, reason: string, message: string): JsonObject => ({
  currentReplicas: 2,
  desiredReplicas: 2,
  conditions: [
    ...(type === 'AbleToScale'
      ? []
      : [
          {
            type: 'AbleToScale',
            status: 'True',
            reason: 'SucceededGetScale',
            message: "the HPA controller was able to get the target's current scale",
            lastTransitionTime: ago(60),
          },
        ]),
    { type, status: 'False', reason, message, lastTransitionTime: ago(60) },
  ],
});

const autoscalers: Fault[] = [
  {
    name: 'hpa-target-missing',
    row: 'autoscaler',
    ways: everyWay,
    plant: at => ({
      objects: [autoscaler(at, 'orders')],
      statuses: {
        orders: hpaStatus(
          'AbleToScale',
          'FailedGetScale',
          `the HPA controller was unable to get the target's current scale: deployments.apps "${at.name('orders')}" not found`,
        ),
      },
      events: [
        {
          about: make.ref(at, 'HorizontalPodAutoscaler', 'orders'),
          reason: 'FailedGetScale',
          message: `deployments.apps "${at.name('orders')}" not found`,
          from: 'horizontal-pod-autoscaler',
        },
      ],
      labels: [{ row: 'autoscaler', object: make.ref(at, 'HorizontalPodAutoscaler', 'orders') }],
    }),
  },
  {
    name: 'hpa-no-requests',
    row: 'autoscaler',
    // Where nothing measures pods, what is missing is that.
    ways: ['sandbox', 'dump', 'spec'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { resources: { requests: { memory: '32Mi' } } } }),
        autoscaler(at, 'orders', {}, 'scaler'),
      ],
      statuses: {
        scaler: hpaStatus(
          'ScalingActive',
          'FailedGetResourceMetric',
          'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container main of Pod orders-7d9c5b8f6-bcdfg',
        ),
      },
      events: [
        {
          about: make.ref(at, 'HorizontalPodAutoscaler', 'scaler'),
          reason: 'FailedGetResourceMetric',
          message:
            'failed to get cpu utilization: missing request for cpu in container main of Pod orders-7d9c5b8f6-bcdfg',
          from: 'horizontal-pod-autoscaler',
        },
      ],
      labels: [
        {
          row: 'autoscaler',
          object: make.ref(at, 'HorizontalPodAutoscaler', 'scaler'),
          also: [{ object: make.ref(at, 'Deployment', 'orders'), why: 'the request is missing there' }],
        },
      ],
    }),
  },
  {
    name: 'hpa-two-on-one',
    row: 'autoscaler',
    ways: everyWay,
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', { container: { resources: { requests: { cpu: '50m' } } } }),
        autoscaler(at, 'orders', {}, 'by-cpu'),
        autoscaler(at, 'orders', { maxReplicas: 8 }, 'by-load'),
      ],
      statuses: {
        'by-cpu': hpaStatus(
          'ScalingActive',
          'AmbiguousSelector',
          'pods by selector are controlled by multiple HPAs',
        ),
        'by-load': hpaStatus(
          'ScalingActive',
          'AmbiguousSelector',
          'pods by selector are controlled by multiple HPAs',
        ),
      },
      labels: [
        {
          row: 'autoscaler',
          object: make.ref(at, 'HorizontalPodAutoscaler', 'by-cpu'),
          also: [
            { object: make.ref(at, 'HorizontalPodAutoscaler', 'by-load'), why: 'one of two' },
            { object: make.ref(at, 'Deployment', 'orders'), why: 'both scale it' },
          ],
        },
      ],
    }),
  },
];

const budget = (at: Place, base: string, spec: JsonObject): KubeObject =>
  make.object(at, 'PodDisruptionBudget', at.name(base), {
    apiVersion: 'policy/v1',
    spec: { selector: { matchLabels: at.labels(base) }, ...spec },
  });

const budgets: Fault[] = (
  [
    ['budget-min-all', { minAvailable: 2 }, 2],
    ['budget-percent', { minAvailable: '100%' }, 2],
    ['budget-none', { maxUnavailable: 0 }, 2],
    ['budget-more-than-all', { minAvailable: 5 }, 5],
  ] as const
).map(([name, spec, desired]) => ({
  name,
  row: 'disruption-budget',
  ways: everyWay,
  plant: at => ({
    objects: [make.deployment(at, 'orders'), budget(at, 'orders', spec)],
    labels: [{ row: 'disruption-budget', object: make.ref(at, 'PodDisruptionBudget', 'orders') }],
    ...(at.way === 'dump'
      ? {
          objects: [
            make.deployment(at, 'orders'),
            { ...budget(at, 'orders', spec), status: budgetStatus(desired) },
          ],
        }
      : {}),
  }),
}));

function budgetStatus(desired: number): JsonObject {
  return {
    currentHealthy: 2,
    desiredHealthy: desired,
    disruptionsAllowed: 0,
    expectedPods: 2,
    observedGeneration: 1,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: 'False',
        reason: 'InsufficientPods',
        message: '',
        lastTransitionTime: ago(4_000),
        observedGeneration: 1,
      },
    ],
  };
}

const quotas: Fault[] = (
  [
    ['quota-pods', { pods: '5' }, { pods: '5' }],
    ['quota-memory', { 'limits.memory': '1100Mi' }, { 'limits.memory': '1096Mi' }],
    ['quota-config-maps', { 'count/configmaps': '2' }, { 'count/configmaps': '2' }],
    ['quota-cpu', { 'requests.cpu': '105m' }, { 'requests.cpu': '100m' }],
  ] as const
).map(([name, hard, used]) => ({
  name,
  row: 'quota',
  ways: ['dump'],
  plant: at => ({
    objects: [
      make.object(at, 'ResourceQuota', at.name('limits'), { spec: { hard }, status: { hard, used } }),
    ],
    labels: [{ row: 'quota', object: make.ref(at, 'ResourceQuota', 'limits') }],
  }),
}));

/** The neighbours have three pods and one secret. */
const quotasLived: Fault[] = (
  [
    ['pods', '6'],
    ['count/secrets', '4'],
  ] as const
).map(([what, most]) => ({
  name: `quota-lived-${what.replace('count/', '')}`,
  row: 'quota',
  ways: ['sandbox', 'recorded'],
  plant: at => ({
    objects: [
      make.object(at, 'ResourceQuota', at.name('limits'), { spec: { hard: { [what]: most } } }),
      ...(what === 'pods'
        ? [make.deployment(at, 'orders', { replicas: 3 })]
        : ['one', 'two', 'three'].map(base => make.secret(at, base, ['key']))),
    ],
    labels: [{ row: 'quota', object: make.ref(at, 'ResourceQuota', 'limits') }],
  }),
}));

const selectorMismatches: Fault[] = [
  {
    name: 'mismatch-typo',
    row: 'selector-mismatch',
    ways: everyWay,
    plant: at => ({
      objects: [make.deployment(at, 'orders'), make.service(at, 'orders', { selector: at.labels('order') })],
      labels: [
        {
          row: 'selector-mismatch',
          object: make.ref(at, 'Service', 'orders'),
          also: [{ row: 'service', why: 'a service without pods' }],
        },
      ],
    }),
  },
  {
    name: 'mismatch-extra-label',
    row: 'selector-mismatch',
    ways: everyWay,
    plant: at => ({
      objects: [
        make.statefulSet(at, 'orders', { podLabels: { tier: 'backend' } }),
        make.headless(at, 'orders', { selector: { ...at.labels('orders'), tier: 'back-end' } }),
      ],
      labels: [
        {
          row: 'selector-mismatch',
          object: make.ref(at, 'Service', 'orders'),
          also: [{ row: 'service', why: 'a service without pods' }],
        },
      ],
    }),
  },
  {
    name: 'mismatch-overlap',
    row: 'selector-mismatch',
    ways: everyWay,
    plant: at => {
      const both = { part: at.name('shared') };
      const spec = { selector: { matchLabels: both } };
      return {
        objects: [
          make.deployment(at, 'orders', { podLabels: both, spec }),
          make.deployment(at, 'carts', { podLabels: both, spec }),
        ],
        labels: [
          {
            row: 'selector-mismatch',
            object: make.ref(at, 'Deployment', 'orders'),
            also: [{ object: make.ref(at, 'Deployment', 'carts'), why: 'one of two' }],
          },
        ],
      };
    },
  },
];

const rollouts: Fault[] = [
  {
    name: 'rollout-paused',
    row: 'rollout-stuck',
    // For an hour or two a person may be at it.
    ways: ['dump'],
    plant: at => ({
      objects: [make.deployment(at, 'orders', { spec: { paused: true } })],
      made: { orders: 0 },
      statuses: {
        orders: {
          observedGeneration: 1,
          conditions: [
            {
              type: 'Progressing',
              status: 'Unknown',
              reason: 'DeploymentPaused',
              message: 'Deployment is paused',
              lastUpdateTime: ago(2_880),
              lastTransitionTime: ago(2_880),
            },
          ],
        },
      },
      labels: [{ row: 'rollout-stuck', object: make.ref(at, 'Deployment', 'orders') }],
    }),
  },
  {
    name: 'rollout-readiness-gate',
    row: 'rollout-stuck',
    ways: ['dump', 'sandbox', 'recorded'],
    plant: at => ({
      objects: [
        make.deployment(at, 'orders', {
          pod: { readinessGates: [{ conditionType: 'target-health.acme.dev/lb' }] },
        }),
        make.service(at, 'orders'),
      ],
      lives: { orders: notThroughTheGate },
      labels: [
        {
          row: 'rollout-stuck',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [{ row: 'probe', why: 'its pods are not ready' }],
        },
      ],
    }),
  },
  {
    name: 'rollout-deadline',
    row: 'rollout-stuck',
    ways: ['dump'],
    plant: at => ({
      objects: [make.deployment(at, 'orders'), make.service(at, 'orders')],
      lives: { orders: unready('') },
      labels: [
        {
          row: 'rollout-stuck',
          object: make.ref(at, 'Deployment', 'orders'),
          also: [{ row: 'probe', why: 'its pods are not ready' }],
        },
      ],
    }),
  },
];

const notThroughTheGate: NonNullable<Planted['lives']>[string] = (pod, at) => {
  const living = well(pod, at);
  const conditions = (Array.isArray(living.status['conditions']) ? living.status['conditions'] : []).map(
    each =>
      typeof each === 'object' && each !== null && !Array.isArray(each) && each['type'] === 'Ready'
        ? {
            ...each,
            status: 'False',
            reason: 'ReadinessGatesNotReady',
            message:
              'corresponding condition of pod readiness gate "target-health.acme.dev/lb" does not exist.',
          }
        : each,
  );
  return { ...living, status: { ...living.status, conditions } };
};

/** The template was mended, and the first pod is still one of the broken template: nothing replaces it. */
const statefulSets: Fault[] = (
  [
    [
      'stateful-held-image',
      waits('ImagePullBackOff', 'Back-off pulling image "acme/web:9.9"'),
      'acme/web:9.9',
    ],
    ['stateful-held-crash', crashes(3), 'acme/importer:2.1'],
    ['stateful-held-unready', unready('HTTP probe failed with statuscode: 500'), 'acme/web:1.3'],
    ['stateful-held-config', waits('CreateContainerConfigError', 'secret "old" not found'), 'acme/web:1.2'],
  ] as const
).map(([name, life, image]) => ({
  name,
  row: 'stateful-set',
  ways: ['dump'],
  plant: at => ({
    objects: [make.statefulSet(at, 'orders', { replicas: 3 }), make.headless(at, 'orders')],
    lives: {
      orders: (pod, circumstances) => {
        const [main] = Array.isArray(pod.spec?.['containers']) ? pod.spec['containers'] : [];
        if (typeof main === 'object' && main !== null && !Array.isArray(main)) {
          pod.spec = { ...pod.spec, containers: [{ ...main, image }] };
        }
        pod.metadata.labels = {
          ...pod.metadata.labels,
          'controller-revision-hash': `${at.name('orders')}-old111`,
        };
        return life(pod, circumstances);
      },
    },
    made: { orders: 1 },
    statuses: {
      orders: {
        currentRevision: `${at.name('orders')}-old111`,
        updateRevision: `${at.name('orders')}-new222`,
        updatedReplicas: 0,
        currentReplicas: 1,
      },
    },
    labels: [{ row: 'stateful-set', object: make.ref(at, 'StatefulSet', 'orders') }],
  }),
}));

/** The same by life: a broken template, then a good one. */
const statefulSetsLived: Fault[] = (
  [
    [
      'stateful-mended-image',
      { image: 'acme/web:9.9' },
      waits('ImagePullBackOff', 'Back-off pulling image "acme/web:9.9"'),
    ],
    [
      'stateful-mended-probe',
      { readinessProbe: { httpGet: { path: '/wrong', port: 8080 } } },
      unready('HTTP probe failed with statuscode: 404'),
    ],
  ] as const
).map(([name, container, life]) => ({
  name,
  row: 'stateful-set',
  ways: ['sandbox', 'recorded'],
  plant: at => {
    const broken = make.statefulSet(at, 'orders', {
      replicas: 2,
      container: structuredClone(container) as unknown as JsonObject,
    });
    const { spec } = make.statefulSet(at, 'orders', { replicas: 2 });
    return {
      objects: [broken, make.headless(at, 'orders')],
      lives: { orders: life },
      after: [
        { do: 'wait', waitSeconds: 120 },
        {
          do: 'patch',
          target: { ...make.ref(at, 'StatefulSet', 'orders'), apiVersion: 'apps/v1' },
          patch: { spec: { template: spec?.['template'] ?? {} } },
        },
      ],
      labels: [{ row: 'stateful-set', object: make.ref(at, 'StatefulSet', 'orders') }],
    };
  },
}));

const daemonSets: Fault[] = (
  [
    ['daemon-selector', { nodeSelector: { 'acme.dev/edge': 'true' } }],
    [
      'daemon-affinity',
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'role', operator: 'In', values: ['storage'] }] },
              ],
            },
          },
        },
      },
    ],
    ['daemon-tainted-only', { nodeSelector: { pool: 'gpu' } }],
  ] as const
).map(([name, pod]) => ({
  name,
  row: 'daemon-set',
  ways: everyWay,
  plant: at => ({
    objects: [make.daemonSet(at, 'agent', { pod: structuredClone(pod) as unknown as JsonObject })],
    made: { agent: 0 },
    labels: [{ row: 'daemon-set', object: make.ref(at, 'DaemonSet', 'agent') }],
  }),
}));

const jobFailed = (reason: string, message: string, count: number): JsonObject => ({
  failed: count,
  conditions: [
    {
      type: 'FailureTarget',
      status: 'True',
      reason,
      message,
      lastProbeTime: ago(20),
      lastTransitionTime: ago(20),
    },
    { type: 'Failed', status: 'True', reason, message, lastProbeTime: ago(20), lastTransitionTime: ago(20) },
  ],
});

const jobs: Fault[] = [
  {
    name: 'job-backoff',
    row: 'job',
    plant: at => ({
      objects: [make.job(at, 'import', { container: { image: 'acme/importer:2.1' } })],
      lives: { import: failed(3, ['reading rows', 'fatal: row 17 has no customer']) },
      statuses: {
        import: jobFailed('BackoffLimitExceeded', 'Job has reached the specified backoff limit', 3),
      },
      events: [
        {
          about: make.ref(at, 'Job', 'import'),
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
          from: 'job-controller',
        },
      ],
      labels: [{ row: 'job', object: make.ref(at, 'Job', 'import') }],
    }),
  },
  {
    name: 'job-no-retry',
    row: 'job',
    plant: at => ({
      objects: [
        make.job(at, 'import', { container: { image: 'acme/loader:1.0' }, spec: { backoffLimit: 0 } }),
      ],
      lives: { import: failed(1, ['fatal: cannot go on']) },
      statuses: {
        import: jobFailed('BackoffLimitExceeded', 'Job has reached the specified backoff limit', 1),
      },
      labels: [{ row: 'job', object: make.ref(at, 'Job', 'import') }],
    }),
  },
  {
    name: 'job-deadline',
    row: 'job',
    plant: at => ({
      objects: [
        make.job(at, 'import', {
          container: { image: 'acme/endless:1.0' },
          spec: { activeDeadlineSeconds: 60 },
        }),
      ],
      made: { import: 0 },
      statuses: {
        import: {
          ...jobFailed('DeadlineExceeded', 'Job was active longer than specified deadline', 1),
          active: 0,
        },
      },
      events: [
        {
          about: make.ref(at, 'Job', 'import'),
          reason: 'DeadlineExceeded',
          message: 'Job was active longer than specified deadline',
          from: 'job-controller',
        },
      ],
      labels: [{ row: 'job', object: make.ref(at, 'Job', 'import') }],
    }),
  },
];

const cronJobs: Fault[] = [
  {
    name: 'cron-missed',
    row: 'cron-job',
    ways: ['dump'],
    plant: at => ({
      objects: [make.cronJob(at, 'report', { spec: { startingDeadlineSeconds: 3 } })],
      statuses: { report: { lastScheduleTime: ago(600), lastSuccessfulTime: ago(599) } },
      events: [
        {
          about: make.ref(at, 'CronJob', 'report'),
          reason: 'MissSchedule',
          message: 'Missed scheduled time to start a job: Sat, 21 Nov 2026 11:55:00 +0000',
          from: 'cronjob-controller',
        },
      ],
      labels: [{ row: 'cron-job', object: make.ref(at, 'CronJob', 'report') }],
    }),
  },
  {
    name: 'cron-too-many-missed',
    row: 'cron-job',
    ways: ['dump'],
    plant: at => ({
      objects: [make.cronJob(at, 'report')],
      statuses: { report: { lastScheduleTime: ago(2_000), lastSuccessfulTime: ago(1_999) } },
      events: [
        {
          about: make.ref(at, 'CronJob', 'report'),
          reason: 'TooManyMissedTimes',
          message:
            'too many missed start times: 400. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
          from: 'cronjob-controller',
        },
      ],
      labels: [{ row: 'cron-job', object: make.ref(at, 'CronJob', 'report') }],
    }),
  },
  {
    name: 'cron-last-failed',
    row: 'cron-job',
    ways: ['sandbox', 'recorded'],
    plant: at => ({
      objects: [
        make.cronJob(at, 'report', {
          container: { image: 'acme/importer:2.1' },
          spec: { schedule: '* * * * *' },
        }),
      ],
      lives: { report: failed(3, ['panic: no such table']) },
      labels: [
        {
          row: 'cron-job',
          object: make.ref(at, 'CronJob', 'report'),
          also: [{ row: 'job', why: 'its jobs fail' }],
        },
      ],
    }),
  },
  {
    name: 'cron-last-failed-dump',
    row: 'cron-job',
    ways: ['dump'],
    plant: at => {
      const cron = make.cronJob(at, 'report');
      const uid = `uid-cronjob-${at.namespace}-${at.name('report')}`;
      const jobs = [20, 15, 10].map((minutes, index) => {
        const each = make.job(at, 'report', { spec: { backoffLimit: 0 } });
        each.metadata = {
          ...each.metadata,
          name: `${at.name('report')}-2940${index}`,
          creationTimestamp: ago(minutes),
          ownerReferences: [
            { apiVersion: 'batch/v1', kind: 'CronJob', name: at.name('report'), uid, controller: true },
          ],
        };
        each.status = {
          startTime: ago(minutes),
          ...jobFailed('BackoffLimitExceeded', 'Job has reached the specified backoff limit', 1),
        };
        return each;
      });
      return {
        objects: [{ ...cron, metadata: { ...cron.metadata, uid } }, ...jobs],
        lives: Object.fromEntries(
          jobs.map(each => [each.metadata.name, failed(3, ['panic: no such table'])]),
        ),
        statuses: {
          report: { lastScheduleTime: ago(10), lastSuccessfulTime: ago(1_500) },
          ...Object.fromEntries(
            jobs.map(each => [
              each.metadata.name,
              jobFailed('BackoffLimitExceeded', 'Job has reached the specified backoff limit', 1),
            ]),
          ),
        },
        labels: [
          {
            row: 'cron-job',
            object: make.ref(at, 'CronJob', 'report'),
            also: [{ row: 'job', why: 'its jobs fail' }],
          },
        ],
      };
    },
  },
  {
    name: 'cron-held-by-hung-job',
    row: 'cron-job',
    ways: ['dump'],
    plant: at => {
      const cron = make.cronJob(at, 'report', { spec: { concurrencyPolicy: 'Forbid' } });
      const uid = `uid-cronjob-${at.namespace}-${at.name('report')}`;
      const hung = make.job(at, 'report');
      const name = `${at.name('report')}-29400`;
      hung.metadata = {
        ...hung.metadata,
        name,
        creationTimestamp: ago(3_000),
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'CronJob', name: at.name('report'), uid, controller: true },
        ],
      };
      return {
        objects: [{ ...cron, metadata: { ...cron.metadata, uid } }, hung],
        statuses: {
          report: {
            lastScheduleTime: ago(3_000),
            active: [{ kind: 'Job', name, namespace: at.namespace, apiVersion: 'batch/v1' }],
          },
          [name]: { active: 1, ready: 1, startTime: ago(3_000) },
        },
        events: [
          {
            about: make.ref(at, 'CronJob', 'report'),
            reason: 'JobAlreadyActive',
            type: 'Normal',
            message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
            from: 'cronjob-controller',
          },
        ],
        labels: [
          {
            row: 'cron-job',
            object: make.ref(at, 'CronJob', 'report'),
            also: [
              { object: { kind: 'Job', name, namespace: at.namespace }, why: 'it hangs' },
              { row: 'job', why: 'its job hangs' },
            ],
          },
        ],
      };
    },
  },
];

const terminating: Fault[] = [
  {
    name: 'terminating-pod-finalizer',
    row: 'stuck-terminating',
    plant: at => ({
      objects: [
        make.object(at, 'Pod', at.name('orders'), {
          metadata: {
            finalizers: ['acme.dev/drain'],
            ...(at.way === 'dump' ? { deletionTimestamp: ago(90), deletionGracePeriodSeconds: 30 } : {}),
          },
          spec: { containers: [{ name: 'main', image: 'acme/web:1.4' }] },
        }),
      ],
      lives: { orders: completed },
      after: [
        { do: 'wait', waitSeconds: 10 },
        { do: 'delete', target: { ...make.ref(at, 'Pod', 'orders'), apiVersion: 'v1' } },
      ],
      labels: [{ row: 'stuck-terminating', object: make.ref(at, 'Pod', 'orders') }],
    }),
  },
  {
    name: 'terminating-config-map',
    row: 'stuck-terminating',
    plant: at => ({
      objects: [
        make.object(at, 'PersistentVolumeClaim', at.name('archive'), {
          metadata: {
            finalizers: ['acme.dev/backup-first'],
            ...(at.way === 'dump' ? { deletionTimestamp: ago(900), deletionGracePeriodSeconds: 0 } : {}),
          },
          spec: {
            accessModes: ['ReadWriteOnce'],
            storageClassName: 'standard',
            resources: { requests: { storage: '1Gi' } },
          },
        }),
      ],
      after: [
        { do: 'delete', target: { ...make.ref(at, 'PersistentVolumeClaim', 'archive'), apiVersion: 'v1' } },
      ],
      labels: [{ row: 'stuck-terminating', object: make.ref(at, 'PersistentVolumeClaim', 'archive') }],
    }),
  },
  {
    name: 'terminating-deployment',
    row: 'stuck-terminating',
    plant: at => ({
      objects: [
        (() => {
          const each = make.deployment(at, 'orders', { replicas: 1 });
          each.metadata = {
            ...each.metadata,
            finalizers: ['acme.dev/deregister'],
            ...(at.way === 'dump' ? { deletionTimestamp: ago(600), deletionGracePeriodSeconds: 0 } : {}),
          };
          return each;
        })(),
      ],
      after: [{ do: 'delete', target: { ...make.ref(at, 'Deployment', 'orders'), apiVersion: 'apps/v1' } }],
      labels: [{ row: 'stuck-terminating', object: make.ref(at, 'Deployment', 'orders') }],
    }),
  },
  {
    name: 'terminating-namespace',
    row: 'stuck-terminating',
    ways: ['dump'],
    plant: at => ({
      objects: [
        make.object(undefined, 'Namespace', at.name('old'), {
          metadata: { deletionTimestamp: ago(400), deletionGracePeriodSeconds: 0 },
          spec: { finalizers: ['kubernetes'] },
          status: {
            phase: 'Terminating',
            conditions: [
              {
                type: 'NamespaceContentRemaining',
                status: 'True',
                reason: 'SomeResourcesRemain',
                message: 'Some resources are remaining: widgets.acme.dev has 2 resource instances',
                lastTransitionTime: ago(399),
              },
              {
                type: 'NamespaceFinalizersRemaining',
                status: 'True',
                reason: 'SomeFinalizersRemain',
                message:
                  'Some content in the namespace has finalizers remaining: acme.dev/cleanup in 2 resource instances',
                lastTransitionTime: ago(399),
              },
            ],
          },
        }),
      ],
      labels: [{ row: 'stuck-terminating', object: { kind: 'Namespace', name: at.name('old') } }],
    }),
  },
];

export const workloadFaults: readonly Fault[] = [
  ...creationRefused,
  ...scaledToZero,
  ...autoscalers,
  ...budgets,
  ...quotas,
  ...quotasLived,
  ...selectorMismatches,
  ...rollouts,
  ...statefulSets,
  ...statefulSetsLived,
  ...daemonSets,
  ...jobs,
  ...cronJobs,
  ...terminating,
];
