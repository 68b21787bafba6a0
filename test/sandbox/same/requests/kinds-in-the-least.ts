import type { JsonObject } from '../../../../src/core/json.ts';

/** The namespace that both servers are asked about. */
export const spaced = '/namespaces/twin';
const template = (name: string, more: JsonObject = {}): JsonObject => ({
  metadata: { labels: { app: name } },
  spec: {
    containers: [{ name: 'c', image: 'registry.example/app:1', ports: [{ containerPort: 80 }] }],
    ...more,
  },
});
const selector = { matchLabels: { app: 'x' } };

/** Kinds in the least that a person writes: what the server makes of it, and to whom each field belongs. */
export const least: [collection: string, kind: string, more: JsonObject][] = [
  [`/apis/apps/v1${spaced}/deployments`, 'Deployment', { spec: { selector, template: template('x') } }],
  [
    `/apis/apps/v1${spaced}/statefulsets`,
    'StatefulSet',
    { spec: { serviceName: 's', selector, template: template('x') } },
  ],
  [`/apis/apps/v1${spaced}/daemonsets`, 'DaemonSet', { spec: { selector, template: template('x') } }],
  [`/apis/apps/v1${spaced}/replicasets`, 'ReplicaSet', { spec: { selector, template: template('x') } }],
  [`/apis/batch/v1${spaced}/jobs`, 'Job', { spec: { template: template('x', { restartPolicy: 'Never' }) } }],
  [
    `/apis/batch/v1${spaced}/cronjobs`,
    'CronJob',
    {
      spec: {
        schedule: '*/5 * * * *',
        jobTemplate: { spec: { template: template('x', { restartPolicy: 'OnFailure' }) } },
      },
    },
  ],
  [
    `/api/v1${spaced}/pods`,
    'Pod',
    {
      spec: {
        initContainers: [{ name: 'i', image: 'busybox', command: ['true'] }],
        containers: [
          {
            name: 'c',
            image: 'registry.example/app',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
            resources: { limits: { cpu: '0.5', memory: '1Gi' } },
            readinessProbe: { httpGet: { port: 80 } },
            livenessProbe: { exec: { command: ['true'] } },
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
          },
        ],
        volumes: [
          { name: 'v', configMap: { name: 'm' } },
          { name: 'e', emptyDir: {} },
          { name: 's', secret: { secretName: 's' } },
        ],
      },
    },
  ],
  [`/api/v1${spaced}/services`, 'Service', { spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }],
  [`/api/v1${spaced}/services`, 'Service', { spec: { type: 'ExternalName', externalName: 'a.example' } }],
  [
    `/api/v1${spaced}/services`,
    'Service',
    {
      spec: {
        clusterIP: 'None',
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81, protocol: 'UDP' },
        ],
      },
    },
  ],
  [`/api/v1${spaced}/configmaps`, 'ConfigMap', { data: { a: '1' }, immutable: true }],
  [`/api/v1${spaced}/secrets`, 'Secret', { stringData: { a: '1' } }],
  [`/api/v1${spaced}/serviceaccounts`, 'ServiceAccount', {}],
  [
    `/api/v1${spaced}/persistentvolumeclaims`,
    'PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ],
  [`/api/v1${spaced}/resourcequotas`, 'ResourceQuota', { spec: { hard: { pods: '5' } } }],
  [
    `/api/v1${spaced}/limitranges`,
    'LimitRange',
    { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } },
  ],
  [
    `/apis/networking.k8s.io/v1${spaced}/ingresses`,
    'Ingress',
    {
      spec: {
        rules: [
          {
            host: 'a.example',
            http: {
              paths: [
                { path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } },
              ],
            },
          },
        ],
      },
    },
  ],
  [`/apis/networking.k8s.io/v1${spaced}/networkpolicies`, 'NetworkPolicy', { spec: { podSelector: {} } }],
  [
    `/apis/autoscaling/v2${spaced}/horizontalpodautoscalers`,
    'HorizontalPodAutoscaler',
    { spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 } },
  ],
  [`/apis/policy/v1${spaced}/poddisruptionbudgets`, 'PodDisruptionBudget', { spec: { selector } }],
  [
    `/apis/rbac.authorization.k8s.io/v1${spaced}/roles`,
    'Role',
    { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  ],
  [
    `/apis/rbac.authorization.k8s.io/v1${spaced}/rolebindings`,
    'RoleBinding',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 'a', namespace: 'twin' },
      ],
    },
  ],
  [`/apis/coordination.k8s.io/v1${spaced}/leases`, 'Lease', { spec: { holderIdentity: 'me' } }],
  [
    `/apis/discovery.k8s.io/v1${spaced}/endpointslices`,
    'EndpointSlice',
    { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'] }], ports: [{ port: 80 }] },
  ],
  ['/api/v1/namespaces', 'Namespace', {}],
  ['/api/v1/nodes', 'Node', { spec: { unschedulable: true } }],
  ['/apis/storage.k8s.io/v1/storageclasses', 'StorageClass', { provisioner: 'p.example' }],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', 'PriorityClass', { value: 5 }],
  [
    '/api/v1/persistentvolumes',
    'PersistentVolume',
    { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } },
  ],
];

/** Objects that the server finds wrong, with every cause. */
export const wrong: [why: string, collection: string, kind: string, more: JsonObject][] = [
  ['a service without ports', `/api/v1${spaced}/services`, 'Service', { spec: { selector: { a: 'b' } } }],
  [
    'a service with two unnamed ports',
    `/api/v1${spaced}/services`,
    'Service',
    { spec: { ports: [{ port: 80 }, { port: 0 }] } },
  ],
  [
    'a cron job with a schedule that is none',
    `/apis/batch/v1${spaced}/cronjobs`,
    'CronJob',
    {
      spec: {
        schedule: 'often',
        jobTemplate: { spec: { template: template('x', { restartPolicy: 'Never' }) } },
      },
    },
  ],
  ['a job that restarts', `/apis/batch/v1${spaced}/jobs`, 'Job', { spec: { template: template('x') } }],
  [
    'a pod with two containers of one name',
    `/api/v1${spaced}/pods`,
    'Pod',
    { spec: { containers: [{ name: 'c', image: 'i' }, { name: 'c' }] } },
  ],
  ['a pod without containers', `/api/v1${spaced}/pods`, 'Pod', { spec: { containers: [] } }],
  [
    'a limit below its request',
    `/api/v1${spaced}/pods`,
    'Pod',
    {
      spec: {
        containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }],
      },
    },
  ],
  [
    'a mount of no volume',
    `/api/v1${spaced}/pods`,
    'Pod',
    { spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] } },
  ],
  ['a key of no config map', `/api/v1${spaced}/configmaps`, 'ConfigMap', { data: { 'a b': '1' } }],
  [
    'an autoscaler whose least is its most',
    `/apis/autoscaling/v2${spaced}/horizontalpodautoscalers`,
    'HorizontalPodAutoscaler',
    { spec: { scaleTargetRef: { kind: 'Deployment', name: 'd' }, minReplicas: 4, maxReplicas: 3 } },
  ],
  [
    'a budget of both kinds',
    `/apis/policy/v1${spaced}/poddisruptionbudgets`,
    'PodDisruptionBudget',
    { spec: { selector, minAvailable: 1, maxUnavailable: 1 } },
  ],
  [
    'a claim for nothing',
    `/api/v1${spaced}/persistentvolumeclaims`,
    'PersistentVolumeClaim',
    { spec: { accessModes: [], resources: {} } },
  ],
  [
    'an ingress whose path is none',
    `/apis/networking.k8s.io/v1${spaced}/ingresses`,
    'Ingress',
    {
      spec: {
        rules: [{ host: 'A_b', http: { paths: [{ path: 'x', pathType: 'Prefix', backend: {} }] } }],
      },
    },
  ],
  [
    'a policy for no network',
    `/apis/networking.k8s.io/v1${spaced}/networkpolicies`,
    'NetworkPolicy',
    { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/99' } }] }] } },
  ],
  [
    'a role without verbs',
    `/apis/rbac.authorization.k8s.io/v1${spaced}/roles`,
    'Role',
    { rules: [{ apiGroups: [''], resources: ['pods'], verbs: [] }] },
  ],
  [
    'a binding to nothing',
    `/apis/rbac.authorization.k8s.io/v1${spaced}/rolebindings`,
    'RoleBinding',
    { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Roll', name: '' } },
  ],
  [
    'a stateful set whose selector misses its pods',
    `/apis/apps/v1${spaced}/statefulsets`,
    'StatefulSet',
    {
      spec: {
        serviceName: 's',
        replicas: -1,
        selector: { matchLabels: { a: 'b' } },
        template: template('x'),
      },
    },
  ],
];
