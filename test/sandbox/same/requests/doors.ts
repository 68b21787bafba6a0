import type { JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { asTable, configMap, get, idlePod, namespace, patch, post, put, remove, workload } from './say.ts';

// What a server is asked beside objects: discovery, subresources, its health; and what it refuses at the door.

const spaced = '/namespaces/doors';
const maps = `/api/v1${spaced}/configmaps`;
const pods = `/api/v1${spaced}/pods`;
const sets = `/apis/apps/v1${spaced}/replicasets`;

const groups = [
  'apps/v1',
  'batch/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'networking.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'storage.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'events.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apiregistration.k8s.io/v1',
  'authorization.k8s.io/v1',
];

const discovery: Ask[] = [
  get('the core versions', '/api'),
  ...groups.map(each => get(`resources of ${each}`, `/apis/${each}`)),
  ...['apps', 'batch', 'autoscaling', 'policy', 'none.example'].map(each =>
    get(`group ${each}`, `/apis/${each}`),
  ),
  get('an unknown version', '/apis/apps/v1beta1'),
  get('an object of an unknown version', `/apis/apps/v1beta1${spaced}/deployments/x`),
  get('a group that never was', '/apis/none.example/v1/things/x'),
  get('a path that is none', '/nothing/here'),
  get('the core group by name', '/apis/core/v1'),
  get('no group', '/apis/'),
  get('health', '/healthz'),
  get('life', '/livez'),
  get('readiness', '/readyz'),
];

const kept = { finalizers: ['doors.example/kept'] };

const deletions: Ask[] = [
  post('to be kept', `${maps}?fieldManager=t`, configMap('kept', { metadata: { name: 'kept', ...kept } })),
  remove('what is kept, foreground', `${maps}/kept?propagationPolicy=Foreground`),
  remove('what is kept, again', `${maps}/kept`),
  remove('what is kept, orphan', `${maps}/kept`, { propagationPolicy: 'Orphan' }),
  remove('what is kept, with the older word', `${maps}/kept`, { orphanDependents: false }),
  remove('what is kept, with both words', `${maps}/kept`, {
    orphanDependents: false,
    propagationPolicy: 'Background',
  }),
  remove('what is kept, at another version', `${maps}/kept`, { preconditions: { resourceVersion: '1' } }),
  remove('with a grace below zero', `${maps}/kept?gracePeriodSeconds=-1`),
  remove('with a grace of text', `${maps}/kept?gracePeriodSeconds=soon`),
  {
    ...remove('with options of another kind', `${maps}/kept`, { kind: 'Pod', apiVersion: 'v1' }),
    compare: 'reason',
  },
  remove('with options that nobody knows', `${maps}/kept`, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    patience: 1,
  }),
  patch('the keeper gone', `${maps}/kept`, { metadata: { finalizers: null } }),
  get('nothing is kept', `${maps}/kept`),
  post('a pod', `${pods}?fieldManager=t`, idlePod('p')),
  post('another pod', `${pods}?fieldManager=t`, {
    ...idlePod('q'),
    spec: { nodeName: 'far', schedulerName: 'nobody', containers: [{ name: 'c', image: 'i' }] },
  }),
  remove('a pod on its node', `${pods}/q`),
  remove('with a shorter grace', `${pods}/q?gracePeriodSeconds=5`),
  remove('with a longer grace', `${pods}/q?gracePeriodSeconds=50`),
  get('on its way', `${pods}/q?includeObject=None`, { headers: asTable }),
  remove('at once', `${pods}/q?gracePeriodSeconds=0`),
  get('and gone', `${pods}/q`),
  ...['a', 'b', 'c'].map(name =>
    post(`map ${name}`, maps, configMap(name, { metadata: { name, labels: { of: 'doors' } } })),
  ),
  remove('all of a selection, tried', `${maps}?labelSelector=of%3Ddoors&dryRun=All`),
  remove('all of a selection but one', `${maps}?labelSelector=of%3Ddoors&fieldSelector=metadata.name%21%3Da`),
  remove('all of a selection', `${maps}?labelSelector=of%3Ddoors`),
  remove('all of nothing', `${maps}?labelSelector=of%3Ddoors`),
];

const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b' },
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'p' } } },
};
const eviction = (name: string): JsonObject => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name },
});

const subresources: Ask[] = [
  post('a set', `${sets}?fieldManager=t`, workload('ReplicaSet', 's', { replicas: 0 })),
  get('its scale', `${sets}/s/scale`),
  put('its scale put', `${sets}/s/scale?fieldManager=t`, {
    metadata: { name: 's', namespace: 'doors' },
    spec: { replicas: 2 },
  }),
  patch(
    'its scale patched',
    `${sets}/s/scale?fieldManager=t`,
    [{ op: 'replace', path: '/spec/replicas', value: 1 }],
    { as: 'json' },
  ),
  patch('its scale of text', `${sets}/s/scale`, { spec: { replicas: 'one' } }, { compare: 'reason' }),
  patch('the scale of nothing', `${sets}/none/scale`, { spec: { replicas: 1 } }),
  get('the set scaled', `${sets}/s`),
  get('the status of a map', `${maps}/s/status`),
  post('a budget', `/apis/policy/v1${spaced}/poddisruptionbudgets?fieldManager=t`, budget),
  post('an eviction, tried', `${pods}/p/eviction?dryRun=All`, eviction('p')),
  post('an eviction', `${pods}/p/eviction`, eviction('p')),
  get('evicted', `${pods}/p`),
  post('a last pod', `${pods}?fieldManager=t`, idlePod('r')),
  post('an eviction of another name', `${pods}/r/eviction?dryRun=All`, eviction('x')),
  post('its binding to a node', `${pods}/r/binding?dryRun=All`, {
    metadata: { name: 'r' },
    target: { kind: 'Node', name: 'none' },
  }),
  put('a pod that was never there', `${pods}/never`, idlePod('never')),
  put('a map that was never there', `${maps}/never`, configMap('never')),
];

export const doors: Ask[] = [...namespace('doors'), ...discovery, ...deletions, ...subresources];
