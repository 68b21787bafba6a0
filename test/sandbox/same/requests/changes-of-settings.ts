import type { JsonObject } from '../../../../src/core/json.ts';

/** An object, and the changes that are tried on it. */
export interface Changeable {
  collection: string;
  kind: string;
  object: JsonObject;
  changes: [name: string, body: JsonObject, compare?: 'reason'][];
}

const spaced = '/namespaces/changes';
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };

/** Of kinds that run nothing themselves. */
export const settings: Changeable[] = [
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
