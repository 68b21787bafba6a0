import { isObject, type JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { idlePod, namespace, patch, post, workload } from './say.ts';

const spaced = '/namespaces/changes';
const template = {
  metadata: { labels: { app: 'x' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
};
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };

type Change = [name: string, body: JsonObject, compare?: 'reason'];

/** An object of each kind that may not be changed in every way, and the ways that are tried. */
const objects: { collection: string; kind: string; object: JsonObject; changes: Change[] }[] = [
  {
    collection: `/apis/apps/v1${spaced}/statefulsets`,
    kind: 'StatefulSet',
    object: workload('StatefulSet', 'o', {
      serviceName: 's',
      replicas: 0,
      volumeClaimTemplates: [
        {
          metadata: { name: 'd' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    }),
    changes: [
      ['its service', { spec: { serviceName: 'other' } }],
      [
        'its claims',
        {
          spec: {
            volumeClaimTemplates: [
              {
                metadata: { name: 'd' },
                spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
              },
            ],
          },
        },
      ],
      ['its policy', { spec: { podManagementPolicy: 'Parallel' } }],
      ['its selector', { spec: { selector: { matchLabels: { app: 'p' } } } }],
      ['its replicas', { spec: { replicas: 2 } }],
      ['its strategy', { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } }],
      [
        'a partition',
        { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } } },
      ],
      ['its first number', { spec: { ordinals: { start: 3 } } }],
      ['its history', { spec: { revisionHistoryLimit: -1 } }],
    ],
  },
  {
    collection: `/apis/apps/v1${spaced}/daemonsets`,
    kind: 'DaemonSet',
    object: workload('DaemonSet', 'o'),
    changes: [
      ['its selector', { spec: { selector: { matchLabels: { app: 'p' } } } }],
      ['its image', { spec: { template: { spec: { containers: [{ name: 'c', image: 'j' }] } } } }],
      ['its strategy', { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } } }],
      ['a share', { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: '20%' } } } }],
    ],
  },
  {
    collection: `/apis/apps/v1${spaced}/replicasets`,
    kind: 'ReplicaSet',
    object: workload('ReplicaSet', 'o', { replicas: 0 }),
    changes: [
      ['its selector', { spec: { selector: { matchLabels: { app: 'p' } } } }],
      ['its template', { spec: { template: { spec: { containers: [{ name: 'c', image: 'j' }] } } } }],
      ['its readiness', { spec: { minReadySeconds: -1 } }],
    ],
  },
  {
    collection: `/apis/batch/v1${spaced}/jobs`,
    kind: 'Job',
    object: { metadata: { name: 'o', labels: { a: 'b' } }, spec: { suspend: true, template } },
    changes: [
      ['its parallelism', { spec: { parallelism: 2 } }],
      ['its completions', { spec: { completions: 3 } }],
      ['its mode', { spec: { completionMode: 'Indexed' } }],
      [
        'its image while suspended',
        { spec: { template: { spec: { containers: [{ name: 'c', image: 'j' }] } } } },
      ],
      ['its deadline', { spec: { activeDeadlineSeconds: 5 } }],
      ['a deadline below zero', { spec: { activeDeadlineSeconds: -5 } }],
      ['its limit', { spec: { backoffLimit: -1 } }],
      ['its time to live', { spec: { ttlSecondsAfterFinished: 9 } }],
    ],
  },
  {
    collection: `/apis/batch/v1${spaced}/cronjobs`,
    kind: 'CronJob',
    object: { metadata: { name: 'o' }, spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } } } },
    changes: [
      ['its schedule', { spec: { schedule: '@hourly' } }],
      ['a schedule that is none', { spec: { schedule: '61 * * * *' } }],
      ['a zone in its schedule', { spec: { schedule: 'TZ=UTC 0 3 * * *' } }],
      ['its zone', { spec: { timeZone: 'Europe/Paris' } }],
      ['a zone that is none', { spec: { timeZone: 'Mars/Base' } }],
      ['its concurrency', { spec: { concurrencyPolicy: 'Sometimes' } }],
      ['its suspension', { spec: { suspend: true } }],
      ['its history', { spec: { successfulJobsHistoryLimit: -2 } }],
    ],
  },
  {
    collection: `/api/v1${spaced}/pods`,
    kind: 'Pod',
    object: idlePod('o'),
    changes: [
      ['its image', { spec: { containers: [{ name: 'c', image: 'j' }] } }],
      ['no image', { spec: { containers: [{ name: 'c', image: '' }] } }],
      ['its command', { spec: { containers: [{ name: 'c', image: 'j', command: ['x'] }] } }],
      [
        'another container',
        {
          spec: {
            containers: [
              { name: 'c', image: 'j' },
              { name: 'd', image: 'k' },
            ],
          },
        },
      ],
      ['its deadline', { spec: { activeDeadlineSeconds: 50 } }],
      ['a longer deadline', { spec: { activeDeadlineSeconds: 60 } }],
      ['its tolerations', { spec: { tolerations: [] } }],
      ['its node', { spec: { nodeName: 'n' } }],
      ['its selector of nodes', { spec: { nodeSelector: { a: 'b' } } }],
      ['its grace', { spec: { terminationGracePeriodSeconds: 3 } }],
      ['its host network', { spec: { hostNetwork: true } }],
      ['its labels', { metadata: { labels: { app: 'p' } } }],
    ],
  },
  {
    collection: `/api/v1${spaced}/persistentvolumeclaims`,
    kind: 'PersistentVolumeClaim',
    object: {
      metadata: { name: 'o' },
      spec: {
        storageClassName: '',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '2Gi' } },
      },
    },
    changes: [
      ['its size', { spec: { resources: { requests: { storage: '3Gi' } } } }],
      ['a smaller size', { spec: { resources: { requests: { storage: '1Gi' } } } }],
      ['its class', { spec: { storageClassName: 'fast' } }],
      ['its modes', { spec: { accessModes: ['ReadWriteMany'] } }],
    ],
  },
  {
    collection: `/api/v1${spaced}/secrets`,
    kind: 'Secret',
    object: { metadata: { name: 'o' }, data: { a: 'MQ==' } },
    changes: [
      ['its type', { type: 'kubernetes.io/tls' }],
      ['its words', { stringData: { b: 'word' } }],
      ['what is no base64', { data: { c: '?' } }, 'reason'],
      ['a key that is none', { data: { 'a b': 'MQ==' } }],
      ['its immutability', { immutable: true }],
      ['what is immutable', { data: { a: 'Mg==' } }],
    ],
  },
  {
    collection: `/apis/rbac.authorization.k8s.io/v1${spaced}/rolebindings`,
    kind: 'RoleBinding',
    object: { metadata: { name: 'o' }, roleRef: role, subjects: [] },
    changes: [
      ['its role', { roleRef: { ...role, name: 'other' } }],
      ['its subjects', { subjects: [{ kind: 'User', name: 'u' }] }],
      ['a subject that is none', { subjects: [{ kind: 'Robot', name: 'u' }] }],
      ['an account without a namespace', { subjects: [{ kind: 'ServiceAccount', name: 'u' }] }],
    ],
  },
  {
    collection: '/apis/storage.k8s.io/v1/storageclasses',
    kind: 'StorageClass',
    object: { metadata: { name: 'changes-o' }, provisioner: 'p.example' },
    changes: [
      ['its provisioner', { provisioner: 'q.example' }],
      ['its parameters', { parameters: { a: 'b' } }],
      ['its policy', { reclaimPolicy: 'Retain' }],
      ['its mode', { volumeBindingMode: 'WaitForFirstConsumer' }],
      ['its growth', { allowVolumeExpansion: true }],
    ],
  },
  {
    collection: '/apis/scheduling.k8s.io/v1/priorityclasses',
    kind: 'PriorityClass',
    object: { metadata: { name: 'changes-o' }, value: 5 },
    changes: [
      ['its value', { value: 6 }],
      ['its words', { description: 'words' }],
      ['its preemption', { preemptionPolicy: 'Never' }],
    ],
  },
  {
    collection: '/api/v1/nodes',
    kind: 'Node',
    object: { metadata: { name: 'changes-o' } },
    changes: [
      ['its taints', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }],
      [
        'a taint twice',
        {
          spec: {
            taints: [
              { key: 'a', effect: 'NoSchedule' },
              { key: 'a', value: 'x', effect: 'NoSchedule' },
            ],
          },
        },
      ],
      ['a taint of no effect', { spec: { taints: [{ key: 'a', effect: 'Bad' }] } }],
      ['its schedulability', { spec: { unschedulable: true } }],
      ['its range', { spec: { podCIDR: '10.1.0.0/24' } }],
      ['another range', { spec: { podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24'] } }],
    ],
  },
  {
    collection: `/apis/autoscaling/v2${spaced}/horizontalpodautoscalers`,
    kind: 'HorizontalPodAutoscaler',
    object: {
      metadata: { name: 'o' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 },
    },
    changes: [
      ['its most', { spec: { maxReplicas: 0 } }],
      ['its least', { spec: { minReplicas: 9 } }],
      [
        'its metrics',
        {
          spec: {
            metrics: [
              {
                type: 'Resource',
                resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 60 } },
              },
            ],
          },
        },
      ],
      [
        'a metric without a target',
        {
          spec: {
            metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }],
          },
        },
      ],
      ['its behaviour', { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } } }],
    ],
  },
  {
    collection: `/apis/policy/v1${spaced}/poddisruptionbudgets`,
    kind: 'PodDisruptionBudget',
    object: { metadata: { name: 'o' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } },
    changes: [
      ['its least', { spec: { minAvailable: '50%' } }],
      ['both', { spec: { maxUnavailable: 1 } }],
      ['a share over all', { spec: { minAvailable: '150%' } }],
      ['what is neither', { spec: { minAvailable: 'some' } }],
      ['below zero', { spec: { minAvailable: -1 } }],
      ['the other', { spec: { minAvailable: null, maxUnavailable: '10%' } }],
    ],
  },
  {
    collection: `/apis/networking.k8s.io/v1${spaced}/ingresses`,
    kind: 'Ingress',
    object: {
      metadata: { name: 'o' },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    },
    changes: [
      ['its class', { spec: { ingressClassName: 'nginx' } }],
      ['a host that is none', { spec: { rules: [{ host: 'A!' }] } }],
      [
        'a path without a type',
        {
          spec: {
            rules: [
              { http: { paths: [{ path: '/', backend: { service: { name: 's', port: { number: 80 } } } }] } },
            ],
          },
        },
      ],
      [
        'a port of both kinds',
        { spec: { defaultBackend: { service: { name: 's', port: { number: 80, name: 'x' } } } } },
      ],
      ['no backend', { spec: { defaultBackend: null } }],
    ],
  },
];

function nameOf({ metadata }: JsonObject): string {
  const name = isObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
}

export const changes: Ask[] = [
  ...namespace('changes'),
  ...objects.flatMap(({ collection, kind, object, changes: ways }) => {
    return [
      post(`${kind}: made`, `${collection}?fieldManager=t`, object),
      ...ways.map(([what, body, compare]) =>
        patch(
          `${kind}: ${what}`,
          `${collection}/${nameOf(object)}?fieldManager=u`,
          body,
          compare === undefined ? {} : { compare },
        ),
      ),
    ];
  }),
];
