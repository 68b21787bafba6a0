import { splitApiVersion } from '../kubernetes/object.ts';
import type { Resource, Subresource } from './resource.ts';

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const withoutDeleteCollection = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const readAndWrite = ['get', 'patch', 'update'];

type Traits = {
  cluster?: true;
  short?: readonly string[];
  all?: true;
  singular?: string;
  verbs?: readonly string[];
  /** `status` and `scale` are spelled out by name; others are given whole. */
  sub?: readonly (string | Subresource)[];
};

function serve(
  apiVersion: string,
  { plural, kind, ...traits }: { plural: string; kind: string } & Traits,
): Resource {
  const { group, version } = splitApiVersion(apiVersion);
  const own = { group, version, kind };
  const subresources = (traits.sub ?? []).map(sub => {
    if (typeof sub !== 'string') return sub;
    const kindOfSub = sub === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : own;
    return { name: sub, kind: kindOfSub, verbs: readAndWrite };
  });
  return {
    group,
    version,
    plural,
    kind,
    singular: traits.singular ?? kind.toLowerCase(),
    namespaced: traits.cluster !== true,
    verbs: traits.verbs ?? allVerbs,
    shortNames: traits.short ?? [],
    categories: traits.all === true ? ['all'] : [],
    subresources,
    custom: false,
  };
}

const core = { group: '', version: 'v1' };
const podSubresources: readonly (string | Subresource)[] = [
  { name: 'attach', kind: { ...core, kind: 'PodAttachOptions' }, verbs: ['create', 'get'] },
  { name: 'binding', kind: { ...core, kind: 'Binding' }, verbs: ['create'] },
  { name: 'ephemeralcontainers', kind: { ...core, kind: 'Pod' }, verbs: readAndWrite },
  { name: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
  { name: 'exec', kind: { ...core, kind: 'PodExecOptions' }, verbs: ['create', 'get'] },
  { name: 'log', kind: { ...core, kind: 'Pod' }, verbs: ['get'] },
  { name: 'portforward', kind: { ...core, kind: 'PodPortForwardOptions' }, verbs: ['create', 'get'] },
  { name: 'proxy', kind: { ...core, kind: 'PodProxyOptions' }, verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  { name: 'resize', kind: { ...core, kind: 'Pod' }, verbs: readAndWrite },
  'status',
];
const tokenSubresource: Subresource = {
  name: 'token',
  kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
  verbs: ['create'],
};
const finalizeSubresource: Subresource = {
  name: 'finalize',
  kind: { ...core, kind: 'Namespace' },
  verbs: ['update'],
};
const reviewVerbs = ['create'];

/** The resources of a Kubernetes 1.36 that the sandbox serves, in the order in which discovery lists them. */
export const builtinResources: readonly Resource[] = [
  serve('v1', { plural: 'configmaps', kind: 'ConfigMap', short: ['cm'] }),
  serve('v1', { plural: 'endpoints', kind: 'Endpoints', singular: 'endpoints', short: ['ep'] }),
  serve('v1', { plural: 'events', kind: 'Event', short: ['ev'] }),
  serve('v1', { plural: 'limitranges', kind: 'LimitRange', short: ['limits'] }),
  serve('v1', {
    plural: 'namespaces',
    kind: 'Namespace',
    cluster: true,
    short: ['ns'],
    verbs: withoutDeleteCollection,
    sub: [finalizeSubresource, 'status'],
  }),
  serve('v1', { plural: 'nodes', kind: 'Node', cluster: true, short: ['no'], sub: ['status'] }),
  serve('v1', { plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', short: ['pvc'], sub: ['status'] }),
  serve('v1', { plural: 'persistentvolumes', kind: 'PersistentVolume', cluster: true, short: ['pv'], sub: ['status'] }),
  serve('v1', { plural: 'pods', kind: 'Pod', short: ['po'], all: true, sub: podSubresources }),
  serve('v1', { plural: 'podtemplates', kind: 'PodTemplate' }),
  serve('v1', {
    plural: 'replicationcontrollers',
    kind: 'ReplicationController',
    short: ['rc'],
    all: true,
    sub: ['scale', 'status'],
  }),
  serve('v1', { plural: 'resourcequotas', kind: 'ResourceQuota', short: ['quota'], sub: ['status'] }),
  serve('v1', { plural: 'secrets', kind: 'Secret' }),
  serve('v1', { plural: 'serviceaccounts', kind: 'ServiceAccount', short: ['sa'], sub: [tokenSubresource] }),
  serve('v1', { plural: 'services', kind: 'Service', short: ['svc'], all: true, sub: ['status'] }),

  serve('admissionregistration.k8s.io/v1', {
    plural: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    cluster: true,
  }),
  serve('admissionregistration.k8s.io/v1', {
    plural: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    cluster: true,
  }),
  serve('apiextensions.k8s.io/v1', {
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    cluster: true,
    short: ['crd', 'crds'],
    sub: ['status'],
  }),
  serve('apiregistration.k8s.io/v1', {
    plural: 'apiservices',
    kind: 'APIService',
    cluster: true,
    sub: ['status'],
  }),
  serve('apps/v1', { plural: 'controllerrevisions', kind: 'ControllerRevision' }),
  serve('apps/v1', { plural: 'daemonsets', kind: 'DaemonSet', short: ['ds'], all: true, sub: ['status'] }),
  serve('apps/v1', { plural: 'deployments', kind: 'Deployment', short: ['deploy'], all: true, sub: ['scale', 'status'] }),
  serve('apps/v1', { plural: 'replicasets', kind: 'ReplicaSet', short: ['rs'], all: true, sub: ['scale', 'status'] }),
  serve('apps/v1', { plural: 'statefulsets', kind: 'StatefulSet', short: ['sts'], all: true, sub: ['scale', 'status'] }),
  serve('authentication.k8s.io/v1', {
    plural: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    cluster: true,
    verbs: reviewVerbs,
  }),
  serve('authorization.k8s.io/v1', {
    plural: 'localsubjectaccessreviews',
    kind: 'LocalSubjectAccessReview',
    verbs: reviewVerbs,
  }),
  serve('authorization.k8s.io/v1', {
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    cluster: true,
    verbs: reviewVerbs,
  }),
  serve('authorization.k8s.io/v1', {
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    cluster: true,
    verbs: reviewVerbs,
  }),
  serve('authorization.k8s.io/v1', {
    plural: 'subjectaccessreviews',
    kind: 'SubjectAccessReview',
    cluster: true,
    verbs: reviewVerbs,
  }),
  serve('autoscaling/v2', {
    plural: 'horizontalpodautoscalers',
    kind: 'HorizontalPodAutoscaler',
    short: ['hpa'],
    all: true,
    sub: ['status'],
  }),
  serve('batch/v1', { plural: 'cronjobs', kind: 'CronJob', short: ['cj'], all: true, sub: ['status'] }),
  serve('batch/v1', { plural: 'jobs', kind: 'Job', all: true, sub: ['status'] }),
  serve('coordination.k8s.io/v1', { plural: 'leases', kind: 'Lease' }),
  serve('discovery.k8s.io/v1', { plural: 'endpointslices', kind: 'EndpointSlice' }),
  serve('events.k8s.io/v1', { plural: 'events', kind: 'Event', short: ['ev'] }),
  serve('networking.k8s.io/v1', { plural: 'ingressclasses', kind: 'IngressClass', cluster: true }),
  serve('networking.k8s.io/v1', { plural: 'ingresses', kind: 'Ingress', short: ['ing'], sub: ['status'] }),
  serve('networking.k8s.io/v1', { plural: 'networkpolicies', kind: 'NetworkPolicy', short: ['netpol'] }),
  serve('policy/v1', { plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', short: ['pdb'], sub: ['status'] }),
  serve('rbac.authorization.k8s.io/v1', { plural: 'clusterrolebindings', kind: 'ClusterRoleBinding', cluster: true }),
  serve('rbac.authorization.k8s.io/v1', { plural: 'clusterroles', kind: 'ClusterRole', cluster: true }),
  serve('rbac.authorization.k8s.io/v1', { plural: 'rolebindings', kind: 'RoleBinding' }),
  serve('rbac.authorization.k8s.io/v1', { plural: 'roles', kind: 'Role' }),
  serve('scheduling.k8s.io/v1', { plural: 'priorityclasses', kind: 'PriorityClass', cluster: true, short: ['pc'] }),
  serve('storage.k8s.io/v1', { plural: 'storageclasses', kind: 'StorageClass', cluster: true, short: ['sc'] }),
];
