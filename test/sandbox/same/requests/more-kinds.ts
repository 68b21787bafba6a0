import type { JsonObject } from '../../../../src/core/json.ts';
import { spaced } from './kinds-in-the-least.ts';

const template: JsonObject = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
};
const clientConfig: JsonObject = { url: 'https://hook.example/check' };
const webhook: JsonObject = {
  name: 'hook.example.com',
  clientConfig,
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  failurePolicy: 'Ignore',
  rules: [
    { apiGroups: ['never.example'], apiVersions: ['v1'], resources: ['nothings'], operations: ['CREATE'] },
  ],
};
const when = '2026-01-02T03:04:05Z';

/** Kinds that people seldom write by hand. */
export const moreKinds: [collection: string, kind: string, more: JsonObject][] = [
  [`/api/v1${spaced}/podtemplates`, 'PodTemplate', { template }],
  [`/api/v1${spaced}/replicationcontrollers`, 'ReplicationController', { spec: { replicas: 0, template } }],
  [
    `/api/v1${spaced}/endpoints`,
    'Endpoints',
    { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] },
  ],
  [
    `/api/v1${spaced}/events`,
    'Event',
    {
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'twin' },
      reason: 'Tested',
      message: 'words',
      type: 'Normal',
      firstTimestamp: when,
      lastTimestamp: when,
      count: 1,
      source: { component: 'test' },
    },
  ],
  [`/apis/apps/v1${spaced}/controllerrevisions`, 'ControllerRevision', { revision: 3, data: { a: 1 } }],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    'ClusterRole',
    {
      rules: [
        { apiGroups: ['apps'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['/metrics'], verbs: ['get'] },
      ],
    },
  ],
  [
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    'ClusterRoleBinding',
    {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', name: 'g' }],
    },
  ],
  ['/apis/networking.k8s.io/v1/ingressclasses', 'IngressClass', { spec: { controller: 'c.example/in' } }],
  ['/apis/storage.k8s.io/v1/csidrivers', 'CSIDriver', { spec: { attachRequired: false } }],
  [
    '/apis/storage.k8s.io/v1/csinodes',
    'CSINode',
    { spec: { drivers: [{ name: 'd.example', nodeID: 'n' }] } },
  ],
  [
    '/apis/storage.k8s.io/v1/volumeattachments',
    'VolumeAttachment',
    { spec: { attacher: 'a.example', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
  ],
  [
    `/apis/storage.k8s.io/v1${spaced}/csistoragecapacities`,
    'CSIStorageCapacity',
    { storageClassName: 's', capacity: '1Gi' },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    { webhooks: [webhook] },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
    'MutatingWebhookConfiguration',
    { webhooks: [webhook] },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies',
    'ValidatingAdmissionPolicy',
    {
      spec: {
        failurePolicy: 'Ignore',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['never.example'],
              apiVersions: ['v1'],
              resources: ['nothings'],
              operations: ['CREATE'],
            },
          ],
        },
        validations: [{ expression: 'true' }],
      },
    },
  ],
  [
    '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings',
    'ValidatingAdmissionPolicyBinding',
    { spec: { policyName: 'least', validationActions: ['Audit'] } },
  ],
];
