import type { Json, JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { configMap, get, namespace, patch, post, put, workload } from './say.ts';

const maps = '/api/v1/namespaces/patches/configmaps';
const map = `${maps}/m?fieldManager=t`;
const deployments = '/apis/apps/v1/namespaces/patches/deployments';
const web = `${deployments}/web`;
const services = '/api/v1/namespaces/patches/services';

const op = (kind: string, path: string, more: JsonObject = {}): JsonObject => ({ op: kind, path, ...more });

/** Operations of a JSON patch, each by itself; where one changes the map, the next meets that. */
const operations: [name: string, operations: Json, compare?: 'reason'][] = [
  ['add a member', [op('add', '/data/b', { value: '2' })]],
  ['add over a member', [op('add', '/data/b', { value: '3' })]],
  ['replace a member', [op('replace', '/data/b', { value: '4' })]],
  ['replace what is not there', [op('replace', '/data/none', { value: '4' })]],
  ['remove what is not there', [op('remove', '/data/none')]],
  ['test and replace', [op('test', '/data/b', { value: '4' }), op('replace', '/data/b', { value: '5' })]],
  ['test that fails', [op('test', '/data/b', { value: '4' }), op('replace', '/data/b', { value: '6' })]],
  ['copy', [op('copy', '/data/c', { from: '/data/b' })]],
  ['move', [op('move', '/data/d', { from: '/data/c' })]],
  ['remove', [op('remove', '/data/d')]],
  [
    'escaped names',
    [
      op('add', '/metadata/annotations', { value: {} }),
      op('add', '/metadata/annotations/a.example~1b', { value: 'x' }),
    ],
  ],
  ['an empty path', [op('add', '', { value: 1 })]],
  ['an unknown operation', [op('spoil', '/data/b')]],
  ['no operation', [{ path: '/data/b' }]],
  ['no path', [{ op: 'remove' }]],
  ['no value', [op('add', '/data/e')]],
  ['a number where text is due', [op('add', '/data/e', { value: 1 })], 'reason'],
  ['another name', [op('replace', '/metadata/name', { value: 'x' })]],
  ['nothing at all', []],
  ['an object', op('add', '/data/b', { value: '2' })],
  [
    'a list index',
    [
      op('add', '/metadata/finalizers', { value: ['a.example/b'] }),
      op('add', '/metadata/finalizers/-', { value: 'a.example/c' }),
    ],
  ],
  ['a list index too far', [op('add', '/metadata/finalizers/9', { value: 'a.example/d' })]],
  ['all finalizers', [op('remove', '/metadata/finalizers')]],
  ['an unknown field', [op('add', '/dota', { value: {} })]],
];

const merges: [name: string, body: Json, compare?: 'reason'][] = [
  ['a member', { data: { a: 'm' } }],
  ['nothing', {}],
  ['a null', { data: { a: null } }],
  ['a whole map gone', { data: null }],
  ['a map anew', { data: { z: '1' }, binaryData: { y: 'AAE=' } }],
  ['the kind', { kind: 'Secret' }, 'reason'],
  ['the version of the kind', { apiVersion: 'v2' }, 'reason'],
  ['the uid', { metadata: { uid: 'x' } }],
  ['the creation', { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } }],
  ['the generation', { metadata: { generation: 7 } }],
  ['a label that is none', { metadata: { labels: { 'a b': 'c' } } }],
  ['a label of a number', { metadata: { labels: { a: 1 } } }, 'reason'],
  ['a label too long', { metadata: { labels: { a: 'x'.repeat(64) } } }],
  ['an annotation that is none', { metadata: { annotations: { '-a': 'c' } } }],
  ['a finalizer that is none', { metadata: { finalizers: ['a'] } }],
  [
    'an owner without a uid',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x' }] } },
  ],
  [
    'two owners that control',
    {
      metadata: {
        ownerReferences: [1, 2].map(n => ({
          apiVersion: 'v1',
          kind: 'Pod',
          name: `p${n}`,
          uid: `${n}`,
          controller: true,
        })),
      },
    },
  ],
  ['text where a map is due', { data: 'x' }, 'reason'],
  ['an empty label', { metadata: { labels: { empty: '' } } }],
  ['no labels', { metadata: { labels: null } }],
  ['immutable', { immutable: true }],
  ['what is immutable', { data: { z: '2' } }],
  ['no longer immutable', { immutable: false }],
  ['a label of what is immutable', { metadata: { labels: { still: 'yes' } } }],
];

const container = (more: JsonObject): JsonObject => ({
  spec: { template: { spec: { containers: [{ name: 'c', ...more }] } } },
});

const strategic: [name: string, body: Json, compare?: 'reason'][] = [
  ['an image', container({ image: 'registry.example/app:2' })],
  [
    'variables',
    container({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }),
  ],
  ['one variable', container({ env: [{ name: 'B', value: '3' }] })],
  ['a variable gone', container({ env: [{ name: 'A', $patch: 'delete' }] })],
  ['variables replaced', container({ env: [{ $patch: 'replace' }, { name: 'C', value: '1' }] })],
  [
    'variables in an order',
    container({ '$setElementOrder/env': [{ name: 'D' }, { name: 'C' }], env: [{ name: 'D', value: '1' }] }),
  ],
  ['ports', container({ ports: [{ containerPort: 80 }, { containerPort: 81, name: 'x' }] })],
  ['a port named', container({ ports: [{ containerPort: 80, name: 'web' }] })],
  ['arguments', container({ args: ['a', 'b'], command: ['run'] })],
  ['other arguments', container({ args: ['c'] })],
  ['another container', { spec: { template: { spec: { containers: [{ name: 'd', image: 'i' }] } } } }],
  [
    'a container without a name',
    { spec: { template: { spec: { containers: [{ image: 'i' }] } } } },
    'reason',
  ],
  ['a container gone', { spec: { template: { spec: { containers: [{ name: 'd', $patch: 'delete' }] } } } }],
  ['volumes', { spec: { template: { spec: { volumes: [{ name: 'v', emptyDir: {} }] } } } }],
  [
    'a volume of another kind',
    {
      spec: {
        template: {
          spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'm' } }] },
        },
      },
    },
  ],
  ['tolerations', { spec: { template: { spec: { tolerations: [{ key: 'a', operator: 'Exists' }] } } } }],
  [
    'other tolerations',
    { spec: { template: { spec: { tolerations: [{ key: 'b', operator: 'Exists' }] } } } },
  ],
  ['a finalizer', { metadata: { finalizers: ['a.example/b'] } }],
  ['another finalizer', { metadata: { finalizers: ['a.example/c'] } }],
  [
    'a finalizer gone',
    { metadata: { '$deleteFromPrimitiveList/finalizers': ['a.example/b', 'a.example/c'] } },
  ],
  ['a strategy', { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }],
  ['a strategy of both kinds', { spec: { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } } }],
  ['the strategy back', { spec: { strategy: { type: 'RollingUpdate' } } }],
  ['labels replaced', { metadata: { labels: { $patch: 'replace', only: 'this' } } }],
  ['an unknown directive', { metadata: { labels: { $patch: 'spoil' } } }, 'reason'],
  ['a number where a list is due', { spec: { template: { spec: { containers: 1 } } } }],
  ['null containers', { spec: { template: { spec: { containers: null } } } }],
  ['an unknown field', { spec: { replicaz: 1 } }],
  ['the selector', { spec: { selector: { matchLabels: { more: 'x' } } } }],
  ['replicas of text', { spec: { replicas: '3' } }],
  ['replicas and a half', { spec: { replicas: 1.5, paused: null } }],
  ['a number for a yes or no', { spec: { paused: 12345678.5 } }],
  ['text where a struct is due', { spec: 'x' }],
  ['a list where labels are due', { metadata: { labels: ['x'] } }],
  ['a label of a number', { metadata: { labels: { a: 1 } } }],
  ['an image of a number', container({ image: 5, args: ['a b'] })],
  ['a surge of a list', { spec: { strategy: { rollingUpdate: { maxSurge: [1] } } } }],
  ['replicas below zero', { spec: { replicas: -1 } }],
  ['replicas', { spec: { replicas: 3, paused: true } }],
  [
    'resources',
    container({ resources: { limits: { cpu: '1500m', memory: '1024Mi' }, requests: { cpu: 1 } } }),
  ],
  ['resources that are none', container({ resources: { limits: { cpu: 'much' } } })],
  ['a request over its limit', container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } })],
  ['probes', container({ readinessProbe: { httpGet: { path: '/', port: 80 } } })],
  ['a probe of two kinds', container({ readinessProbe: { exec: { command: ['x'] } } })],
  ['a pull secret', { spec: { template: { spec: { imagePullSecrets: [{ name: 's' }] } } } }],
  [
    'an affinity',
    {
      spec: {
        template: {
          spec: {
            affinity: {
              podAntiAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
                ],
              },
            },
          },
        },
      },
    },
  ],
  [
    'a topology',
    {
      spec: {
        template: {
          spec: {
            topologySpreadConstraints: [
              { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
            ],
          },
        },
      },
    },
  ],
];

const ports: [name: string, body: Json][] = [
  ['a second port', { spec: { ports: [{ name: 'b', port: 81 }] } }],
  ['the target of a port', { spec: { ports: [{ port: 81, targetPort: 'web' }] } }],
  ['a port gone', { spec: { ports: [{ port: 81, $patch: 'delete' }] } }],
  ['another selector', { spec: { selector: { tier: 'x' } } }],
  ['a node port', { spec: { type: 'NodePort' } }],
  ['no node port', { spec: { type: 'ClusterIP' } }],
  ['another address', { spec: { clusterIP: '10.0.0.99' } }],
  [
    'an external name',
    { spec: { type: 'ExternalName', externalName: 'a.example', clusterIP: null, clusterIPs: null } },
  ],
  ['an address again', { spec: { type: 'ClusterIP', externalName: null } }],
];

export const patches: Ask[] = [
  ...namespace('patches'),
  post('a map', `${maps}?fieldManager=t`, configMap('m', { data: { a: '1' } })),
  ...operations.map(([name, body, compare]) =>
    patch(`operations: ${name}`, map, body, { as: 'json', ...(compare === undefined ? {} : { compare }) }),
  ),
  ...merges.map(([name, body, compare]) =>
    patch(`merge: ${name}`, map, body, compare === undefined ? {} : { compare }),
  ),
  get('the map after all', `${maps}/m`),
  post('a deployment', `${deployments}?fieldManager=t`, workload('Deployment', 'web')),
  ...strategic.map(([name, body, compare]) =>
    patch(`strategic: ${name}`, `${web}?fieldManager=s`, body, {
      as: 'strategic',
      ...(compare === undefined ? {} : { compare }),
    }),
  ),
  get('the deployment after all', web),
  patch(
    'strategic, strictly with an unknown field',
    `${web}?fieldValidation=Strict`,
    { spec: { replicaz: 1 } },
    { as: 'strategic' },
  ),
  patch(
    'strategic, tried',
    `${web}?dryRun=All&fieldManager=s`,
    { spec: { replicas: 9 } },
    { as: 'strategic' },
  ),
  patch('strategic, at an old version', web, { metadata: { resourceVersion: '1' } }, { as: 'strategic' }),
  post('a service', `${services}?fieldManager=t`, {
    metadata: { name: 's' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'a', port: 80 }] },
  }),
  ...ports.map(([name, body]) =>
    patch(`service: ${name}`, `${services}/s?fieldManager=s`, body, { as: 'strategic' }),
  ),
  patch(
    'with a subresource of status',
    `${web}/status?fieldManager=k`,
    {
      status: { replicas: 2, readyReplicas: 1, conditions: [{ type: 'Available', status: 'True' }] },
      spec: { replicas: 8 },
    },
    { as: 'strategic' },
  ),
  put('the status put', `${web}/status?fieldManager=k`, {
    ...workload('Deployment', 'web'),
    status: { replicas: 3, observedGeneration: 2 },
  }),
  get('the status got', `${web}/status`),
];
