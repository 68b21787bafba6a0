import { isObject, type JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { type Changeable, settings } from './changes-of-settings.ts';
import { idlePod, namespace, patch, post, workload } from './say.ts';

const spaced = '/namespaces/changes';
const template = {
  metadata: { labels: { app: 'x' } },
  spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
};

/** An object of each kind that may not be changed in every way, and the ways that are tried. */
const objects: Changeable[] = [
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
  ...settings,
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
