import type { JsonObject } from '../../../../src/core/json.ts';
import type { Ask } from '../ask.ts';
import { configMap, get, idlePod, namespace, patch, post, remove, workload } from './say.ts';

// What admission completes and refuses. Quotas are given their counts by hand: nobody counts in an idle control plane.

const rbac = 'rbac.authorization.k8s.io';
const key = 'pod-security.kubernetes.io/';
const dry = '?dryRun=All';

function container(name: string, more: JsonObject = {}): JsonObject {
  return { name, image: 'i', ...more };
}

function asking(requests: JsonObject, limits: JsonObject = {}): JsonObject {
  return { resources: { requests, limits } };
}

/** Tries of one pod in one namespace, each with another spec. */
function pods(where: string, tries: Record<string, JsonObject>): Ask[] {
  return Object.entries(tries).map(([what, spec]) =>
    post(`${where}: ${what}`, `/api/v1/namespaces/${where}/pods${dry}`, idlePod('p', spec)),
  );
}

const limits: Ask[] = [
  ...namespace('limits'),
  post('limits', '/api/v1/namespaces/limits/limitranges', {
    metadata: { name: 'l' },
    spec: {
      limits: [
        {
          type: 'Container',
          default: { cpu: '200m', memory: '128Mi' },
          defaultRequest: { cpu: '100m' },
          max: { cpu: '1' },
          min: { memory: '16Mi' },
          maxLimitRequestRatio: { cpu: '4' },
        },
        { type: 'Pod', max: { cpu: '2' }, min: { memory: '32Mi' } },
        { type: 'PersistentVolumeClaim', max: { storage: '5Gi' }, min: { storage: '1Gi' } },
      ],
    },
  }),
  ...pods('limits', {
    'nothing said': {},
    'something said': { containers: [container('c', asking({ cpu: '60m' }))] },
    'init containers': {
      initContainers: [container('i'), container('j', asking({ cpu: '70m' }))],
      containers: [container('c')],
    },
    'too much': { containers: [container('c', asking({ cpu: '1' }, { cpu: '3' }))] },
    'too little': { containers: [container('c', asking({ memory: '1Mi' }))] },
    'far apart': { containers: [container('c', asking({ cpu: '100m' }, { cpu: '900m' }))] },
    'too much together': {
      containers: ['a', 'b', 'c'].map(name => container(name, asking({ cpu: '1' }, { cpu: '1' }))),
    },
    'too much for the pod': { resources: { limits: { cpu: '3' } } },
    'an init container too large': {
      initContainers: [container('i', asking({ cpu: '1' }, { cpu: '3' }))],
      containers: [container('c')],
    },
  }),
  ...['10Gi', '1Mi'].map(storage =>
    post(`limits: a claim of ${storage}`, `/api/v1/namespaces/limits/persistentvolumeclaims${dry}`, {
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    }),
  ),
];

function quota(name: string, hard: JsonObject, more: JsonObject = {}): Ask[] {
  const path = `/api/v1/namespaces/quotas/resourcequotas`;
  const used = Object.fromEntries(Object.keys(hard).map(each => [each, '0']));
  return [
    post(`quotas: ${name}`, path, { metadata: { name }, spec: { hard, ...more } }),
    patch(`quotas: ${name} counted`, `${path}/${name}/status`, { status: { hard, used } }),
  ];
}

const service = (type: string): JsonObject => ({
  metadata: { name: 's' },
  spec: { type, ports: [{ port: 80 }], selector: { a: 'b' } },
});
const claim = (storageClassName: string): JsonObject => ({
  metadata: { name: 'c' },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '2Gi' } } },
});

const quotas: Ask[] = [
  ...namespace('quotas'),
  ...quota('compute', { 'requests.cpu': '1', 'limits.memory': '1Gi', cpu: '1', pods: '2' }),
  ...pods('quotas', {
    'nothing said': {},
    'half of it': {
      initContainers: [container('i')],
      containers: [container('a', asking({ cpu: '1' })), container('b')],
    },
    'too much': { containers: [container('c', asking({ cpu: '1500m' }, { memory: '2Gi' }))] },
    enough: { containers: [container('c', asking({ cpu: '500m' }, { memory: '512Mi' }))] },
  }),
  post(
    'quotas: a pod',
    '/api/v1/namespaces/quotas/pods',
    idlePod('one', { containers: [container('c', asking({ cpu: '500m' }, { memory: '512Mi' }))] }),
  ),
  get('quotas: what it uses', '/api/v1/namespaces/quotas/resourcequotas/compute'),
  post(
    'quotas: the same pod',
    '/api/v1/namespaces/quotas/pods',
    idlePod('one', { containers: [container('c', asking({ cpu: '600m' }, { memory: '1Mi' }))] }),
  ),
  remove('quotas: no more compute', '/api/v1/namespaces/quotas/resourcequotas/compute'),
  ...quota('counts', {
    'count/deployments.apps': '0',
    configmaps: '0',
    'count/configmaps': '0',
    'services.nodeports': '0',
    'services.loadbalancers': '0',
    'requests.storage': '1Gi',
    'fast.storageclass.storage.k8s.io/requests.storage': '1Gi',
  }),
  post(
    'quotas: a deployment',
    `/apis/apps/v1/namespaces/quotas/deployments${dry}`,
    workload('Deployment', 'd'),
  ),
  post('quotas: a map', '/api/v1/namespaces/quotas/configmaps', configMap('m')),
  ...['ClusterIP', 'NodePort', 'LoadBalancer'].map(type =>
    post(`quotas: a service ${type}`, `/api/v1/namespaces/quotas/services${dry}`, service(type)),
  ),
  ...['fast', 'slow'].map(name =>
    post(`quotas: a claim ${name}`, `/api/v1/namespaces/quotas/persistentvolumeclaims${dry}`, claim(name)),
  ),
  remove('quotas: no more counts', '/api/v1/namespaces/quotas/resourcequotas/counts'),
  ...quota('best', { pods: '0' }, { scopes: ['BestEffort'] }),
  ...quota('ends', { pods: '0' }, { scopes: ['Terminating'] }),
  ...pods('quotas', {
    'asks for nothing': {},
    'asks for something': { containers: [container('c', asking({ cpu: '1' }))] },
    'ends some day': { activeDeadlineSeconds: 5, containers: [container('c', asking({ cpu: '1' }))] },
  }),
];

function secured(where: string, labels: Record<string, string>): Ask[] {
  return [
    ...namespace(where),
    patch(`${where} labelled`, `/api/v1/namespaces/${where}`, { metadata: { labels } }),
  ];
}

const good: JsonObject = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const kept = (context: JsonObject, name = 'c'): JsonObject =>
  container(name, { securityContext: { ...good, ...context } });
const plain = (context: JsonObject): JsonObject => ({
  containers: [container('c', { securityContext: context })],
});

const security: Ask[] = [
  ...secured('strict', { [`${key}enforce`]: 'restricted' }),
  ...secured('base', { [`${key}enforce`]: 'baseline', [`${key}warn`]: 'restricted' }),
  ...secured('pinned', { [`${key}enforce`]: 'restricted', [`${key}enforce-version`]: 'v1.20' }),
  ...pods('strict', {
    plain: {},
    kept: { containers: [kept({})] },
    two: {
      initContainers: [container('i')],
      containers: [container('a'), kept({}, 'b')],
    },
    root: {
      securityContext: { runAsUser: 0, runAsNonRoot: false },
      containers: [kept({ runAsUser: 0, runAsNonRoot: false })],
    },
    'root of the pod': { securityContext: { runAsUser: 0 }, containers: [kept({})] },
    capabilities: {
      containers: [
        kept({ capabilities: { add: ['CHOWN'] } }, 'a'),
        kept({ capabilities: { drop: ['ALL'], add: ['FOO'] } }, 'b'),
      ],
    },
    unconfined: {
      securityContext: { seccompProfile: { type: 'Unconfined' } },
      containers: [kept({ seccompProfile: { type: 'Unconfined' } })],
    },
    volumes: {
      containers: [kept({})],
      volumes: [
        { name: 'h', hostPath: { path: '/' } },
        { name: 'n', nfs: { server: 'a', path: '/' } },
      ],
    },
    'users of its own': { hostUsers: false, containers: [kept({ runAsNonRoot: false, runAsUser: 0 })] },
  }),
  ...pods('base', {
    plain: {},
    host: { hostNetwork: true, hostPID: true },
    ports: {
      containers: [
        container('a', { ports: [{ containerPort: 80, hostPort: 80 }] }),
        container('b', { ports: [{ containerPort: 81, hostPort: 81 }] }),
      ],
    },
    paths: { volumes: [{ name: 'h', hostPath: { path: '/' } }] },
    capabilities: plain({ capabilities: { add: ['NET_ADMIN', 'SYS_TIME', 'CHOWN'] } }),
    'a type of SELinux': { securityContext: { seLinuxOptions: { type: 'foo' } } },
    'types of SELinux': {
      containers: [
        container('a', { securityContext: { seLinuxOptions: { type: 'foo' } } }),
        container('b', { securityContext: { seLinuxOptions: { type: 'bar', user: 'x' } } }),
      ],
    },
    sysctls: {
      securityContext: {
        sysctls: [
          { name: 'kernel.sem', value: '1' },
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.ipv4.tcp_rmem', value: '1' },
        ],
      },
    },
    AppArmor: plain({ appArmorProfile: { type: 'Unconfined' } }),
    probes: {
      containers: [
        container('a', { livenessProbe: { httpGet: { port: 80, host: '1.2.3.4' } } }),
        container('b', { readinessProbe: { tcpSocket: { port: 80, host: '1.2.3.5' } } }),
      ],
    },
    unconfined: { securityContext: { seccompProfile: { type: 'Unconfined' } } },
  }),
  ...pods('pinned', { plain: {} }),
  ...['strict', 'base', 'pinned'].map(where =>
    post(
      `${where}: a deployment`,
      `/apis/apps/v1/namespaces/${where}/deployments${dry}`,
      workload('Deployment', 'd'),
    ),
  ),
  post('labels that say nothing', '/api/v1/namespaces', {
    metadata: {
      name: 'x',
      labels: { [`${key}enforce`]: 'strict', [`${key}warn`]: 'loose', [`${key}warn-version`]: '1.2' },
    },
  }),
  ...namespace('later'),
  ...(['p1', 'p2', 'p-x'] as const).map(name =>
    post(
      `later: ${name}`,
      '/api/v1/namespaces/later/pods',
      idlePod(name, name === 'p-x' ? { hostNetwork: true } : {}),
    ),
  ),
  ...['restricted', 'baseline', 'none'].map(level =>
    patch(`later: ${level}`, `/api/v1/namespaces/later${dry}`, {
      metadata: { labels: { [`${key}enforce`]: level } },
    }),
  ),
];

const priorities: Ask[] = [
  ...namespace('first'),
  post('a class', '/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: 'high' },
    value: 1000,
    preemptionPolicy: 'Never',
  }),
  post('the default class', '/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: 'usual' },
    value: 3,
    globalDefault: true,
  }),
  post('another default class', '/apis/scheduling.k8s.io/v1/priorityclasses', {
    metadata: { name: 'other' },
    value: 3,
    globalDefault: true,
  }),
  ...pods('first', {
    'no class': {},
    'a class': { priorityClassName: 'high' },
    'the highest': { priorityClassName: 'system-node-critical' },
    'a class that is missing': { priorityClassName: 'nope' },
    'a priority of its own': { priority: 5 },
    'a priority beside its class': { priorityClassName: 'high', priority: 5 },
    'an account that is missing': { serviceAccountName: 'nope' },
  }),
  remove('a class of the system', '/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical'),
];

const ann = { 'impersonate-user': 'ann' };
const inRights = `/apis/${rbac}/v1/namespaces/rights`;
const role = (name: string, rules: JsonObject[]): JsonObject => ({ metadata: { name }, rules });
const bind = (name: string, [kind = '', from = '']: string[]): JsonObject => ({
  metadata: { name },
  roleRef: { apiGroup: rbac, kind, name: from },
  subjects: [{ apiGroup: rbac, kind: 'User', name: 'ann' }],
});
const reviews = '/apis/authorization.k8s.io/v1';
const attributes = { namespace: 'rights', verb: 'get', resource: 'pods' };

const rights: Ask[] = [
  ...namespace('rights'),
  post(
    'what ann may',
    `${inRights}/roles`,
    role('may', [
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
      { apiGroups: [rbac], resources: ['roles', 'rolebindings'], verbs: ['get', 'create'] },
    ]),
  ),
  post('that she may it', `${inRights}/rolebindings`, bind('may', ['Role', 'may'])),
  post(
    'a role within',
    `${inRights}/roles`,
    role('within', [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }]),
    { headers: ann },
  ),
  post(
    'a role beyond',
    `${inRights}/roles`,
    role('beyond', [{ apiGroups: ['z'], resources: ['ys'], verbs: ['*'] }]),
    {
      headers: { 'impersonate-user': 'bob' },
    },
  ),
  post('a binding beyond', `${inRights}/rolebindings`, bind('beyond', ['ClusterRole', 'cluster-admin']), {
    headers: ann,
  }),
  post('a binding of nothing', `${inRights}/rolebindings`, bind('none', ['Role', 'nope']), { headers: ann }),
  post(
    'who is acted as',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    {},
    {
      headers: {
        'impersonate-user': 'system:serviceaccount:rights:default',
        'impersonate-uid': '7',
        'impersonate-extra-team': 'x',
      },
    },
  ),
  post(
    'who is acted as, with groups',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    {},
    {
      headers: { 'impersonate-user': 'bob', 'impersonate-group': 'devs' },
    },
  ),
  post(
    'may I',
    `${reviews}/selfsubjectaccessreviews`,
    { spec: { resourceAttributes: attributes } },
    { headers: ann },
  ),
  post('may they', `${reviews}/subjectaccessreviews`, {
    spec: { user: 'bob', resourceAttributes: attributes },
  }),
  post('may nobody', `${reviews}/subjectaccessreviews`, { spec: { resourceAttributes: attributes } }),
  post('may they do both', `${reviews}/subjectaccessreviews`, {
    spec: {
      user: 'bob',
      resourceAttributes: attributes,
      nonResourceAttributes: { path: '/x', verb: 'get' },
    },
  }),
  post('may they elsewhere', `${reviews}/namespaces/rights/localsubjectaccessreviews`, {
    spec: { user: 'bob', resourceAttributes: { ...attributes, namespace: 'other' } },
  }),
  post('what may I nowhere', `${reviews}/selfsubjectrulesreviews`, { spec: {} }, { headers: ann }),
  post('a token too short', '/api/v1/namespaces/rights/serviceaccounts/default/token', {
    spec: { expirationSeconds: 60 },
  }),
  post('a token of nobody', '/api/v1/namespaces/rights/serviceaccounts/nope/token', { spec: {} }),
  patch('another role in a binding', `${inRights}/rolebindings/may`, { roleRef: { name: 'other' } }),
];

export const admission: Ask[] = [...limits, ...quotas, ...security, ...priorities, ...rights];
