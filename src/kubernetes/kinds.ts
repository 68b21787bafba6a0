import type { Json, JsonObject } from '../core/json.ts';
import { type KubeObject, splitApiVersion } from './object.ts';

/*
 * The fields that Vigie reads of the built-in kinds. Specs and statuses are type aliases, not interfaces:
 * only an alias has the implicit index signature that lets a narrow spec pass as a JsonObject.
 */

export type Condition = {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastProbeTime?: string | null;
  lastUpdateTime?: string;
  observedGeneration?: number;
};

type SelectorRequirement = { key: string; operator: string; values?: string[] };
export type LabelSelector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: SelectorRequirement[];
};

type ContainerPort = { name?: string; containerPort: number; protocol?: string; hostPort?: number };
export type Container = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  ports?: ContainerPort[];
  env?: JsonObject[];
  envFrom?: JsonObject[];
  resources?: { requests?: Record<string, Json>; limits?: Record<string, Json> };
  readinessProbe?: JsonObject;
  livenessProbe?: JsonObject;
  startupProbe?: JsonObject;
  restartPolicy?: string;
  imagePullPolicy?: string;
};

type PodSpec = {
  containers: Container[];
  initContainers?: Container[];
  volumes?: JsonObject[];
  nodeName?: string;
  nodeSelector?: Record<string, string>;
  tolerations?: JsonObject[];
  restartPolicy?: string;
  serviceAccountName?: string;
  hostNetwork?: boolean;
  schedulerName?: string;
  terminationGracePeriodSeconds?: number;
  readinessGates?: { conditionType: string }[];
};

type StateRunning = { startedAt?: string };
type StateWaiting = { reason?: string; message?: string };
export type StateTerminated = {
  exitCode: number;
  signal?: number;
  reason?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
};
export type ContainerState = {
  running?: StateRunning;
  waiting?: StateWaiting;
  terminated?: StateTerminated;
};
export type ContainerStatus = {
  name: string;
  ready: boolean;
  restartCount: number;
  image?: string;
  imageID?: string;
  containerID?: string;
  started?: boolean;
  state?: ContainerState;
  lastState?: ContainerState;
};
type PodStatus = {
  phase?: string;
  reason?: string;
  message?: string;
  nominatedNodeName?: string;
  hostIP?: string;
  podIP?: string;
  podIPs?: { ip: string }[];
  startTime?: string;
  qosClass?: string;
  conditions?: Condition[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
};
export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

type TemplateMeta = { labels?: Record<string, string>; annotations?: Record<string, string> };
export type PodTemplate = { metadata?: TemplateMeta; spec: PodSpec };

type RollingUpdate = {
  maxSurge?: number | string;
  maxUnavailable?: number | string;
  partition?: number;
};
type UpdateStrategy = { type?: string; rollingUpdate?: RollingUpdate };

export interface Deployment extends KubeObject {
  spec: {
    replicas?: number;
    selector: LabelSelector;
    template: PodTemplate;
    strategy?: UpdateStrategy;
    minReadySeconds?: number;
    revisionHistoryLimit?: number;
    progressDeadlineSeconds?: number;
    paused?: boolean;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    unavailableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector; template: PodTemplate; minReadySeconds?: number };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    fullyLabeledReplicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    conditions?: Condition[];
  };
}

export interface StatefulSet extends KubeObject {
  spec: {
    replicas?: number;
    selector: LabelSelector;
    template: PodTemplate;
    serviceName?: string;
    podManagementPolicy?: string;
    updateStrategy?: UpdateStrategy;
    revisionHistoryLimit?: number;
    volumeClaimTemplates?: {
      metadata: { name: string; labels?: Record<string, string> };
      spec: JsonObject;
    }[];
    minReadySeconds?: number;
  };
  status?: {
    observedGeneration?: number;
    replicas?: number;
    readyReplicas?: number;
    availableReplicas?: number;
    currentReplicas?: number;
    updatedReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
    collisionCount?: number;
  };
}

export interface DaemonSet extends KubeObject {
  spec: {
    selector: LabelSelector;
    template: PodTemplate;
    updateStrategy?: UpdateStrategy;
    revisionHistoryLimit?: number;
    minReadySeconds?: number;
  };
  status?: {
    observedGeneration?: number;
    currentNumberScheduled?: number;
    desiredNumberScheduled?: number;
    numberMisscheduled?: number;
    numberReady?: number;
    numberAvailable?: number;
    numberUnavailable?: number;
    updatedNumberScheduled?: number;
  };
}

/** ControllerRevision: the pod template of a StatefulSet or DaemonSet at one revision, under `data`. */
export interface ControllerRevision extends KubeObject {
  revision: number;
  data?: JsonObject;
}

export interface Job extends KubeObject {
  spec: {
    parallelism?: number;
    completions?: number;
    backoffLimit?: number;
    activeDeadlineSeconds?: number;
    ttlSecondsAfterFinished?: number;
    suspend?: boolean;
    selector?: LabelSelector;
    template: PodTemplate;
  };
  status?: {
    active?: number;
    ready?: number;
    succeeded?: number;
    failed?: number;
    startTime?: string;
    completionTime?: string;
    conditions?: Condition[];
  };
}

export interface CronJob extends KubeObject {
  spec: {
    schedule: string;
    timeZone?: string;
    suspend?: boolean;
    concurrencyPolicy?: string;
    jobTemplate: { metadata?: TemplateMeta; spec: Job['spec'] };
  };
  status?: { active?: JsonObject[]; lastScheduleTime?: string; lastSuccessfulTime?: string };
}

export type ServicePort = {
  name?: string;
  port: number;
  targetPort?: number | string;
  nodePort?: number;
  protocol?: string;
};
export type LoadBalancerStatus = { ingress?: { ip?: string; hostname?: string }[] };
export interface Service extends KubeObject {
  spec: {
    type?: string;
    clusterIP?: string;
    clusterIPs?: string[];
    externalIPs?: string[];
    externalName?: string;
    selector?: Record<string, string>;
    ports?: ServicePort[];
    publishNotReadyAddresses?: boolean;
  };
  status?: { loadBalancer?: LoadBalancerStatus };
}

type EndpointAddress = { ip: string; nodeName?: string; targetRef?: JsonObject };
export type EndpointSubset = {
  addresses?: EndpointAddress[];
  notReadyAddresses?: EndpointAddress[];
  ports?: { name?: string; port: number; protocol?: string }[];
};
export interface Endpoints extends KubeObject {
  subsets?: EndpointSubset[];
}

type SliceEndpoint = {
  addresses: string[];
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  nodeName?: string;
  targetRef?: JsonObject;
};
export type SlicePort = { name?: string; port?: number; protocol?: string };
export interface EndpointSlice extends KubeObject {
  addressType: string;
  endpoints?: SliceEndpoint[];
  ports?: SlicePort[];
}

export interface Node extends KubeObject {
  spec: {
    podCIDR?: string;
    unschedulable?: boolean;
    taints?: { key: string; value?: string; effect: string }[];
  };
  status?: {
    conditions?: Condition[];
    addresses?: { type: string; address: string }[];
    nodeInfo?: {
      kubeletVersion?: string;
      osImage?: string;
      kernelVersion?: string;
      containerRuntimeVersion?: string;
      architecture?: string;
      operatingSystem?: string;
    };
    capacity?: Record<string, Json>;
    allocatable?: Record<string, Json>;
  };
}

export type MetricTarget = { type?: string; averageUtilization?: number; averageValue?: Json; value?: Json };
export type MetricSpec = {
  type: string;
  resource?: { name: string; target: MetricTarget };
  containerResource?: { name: string; container: string; target: MetricTarget };
  pods?: { metric: { name: string }; target: MetricTarget };
  object?: { metric: { name: string }; target: MetricTarget };
  external?: { metric: { name: string }; target: MetricTarget };
};
export type MetricValue = { averageUtilization?: number; averageValue?: Json; value?: Json };
export type MetricStatus = {
  type: string;
  resource?: { name: string; current: MetricValue };
  containerResource?: { name: string; container: string; current: MetricValue };
  pods?: { metric: { name: string }; current: MetricValue };
  object?: { metric: { name: string }; current: MetricValue };
  external?: { metric: { name: string }; current: MetricValue };
};
export interface HorizontalPodAutoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { kind: string; name: string; apiVersion?: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: MetricSpec[];
    targetCPUUtilizationPercentage?: number;
  };
  status?: {
    currentReplicas?: number;
    desiredReplicas?: number;
    currentMetrics?: MetricStatus[];
    currentCPUUtilizationPercentage?: number;
    conditions?: Condition[];
  };
}

export interface PodDisruptionBudget extends KubeObject {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: LabelSelector };
  status?: {
    observedGeneration?: number;
    disruptionsAllowed?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    expectedPods?: number;
    conditions?: Condition[];
  };
}

type ObjectReference = {
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiVersion?: string;
  fieldPath?: string;
};
/** Event in its core/v1 form. New-style events carry eventTime and reportingComponent; the others may be null then. */
export interface Event extends KubeObject {
  involvedObject: ObjectReference;
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  source?: { component?: string; host?: string };
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string };
  reportingComponent?: string;
}

export interface PersistentVolumeClaim extends KubeObject {
  spec: {
    accessModes?: string[];
    volumeName?: string;
    storageClassName?: string;
    volumeMode?: string;
    volumeAttributesClassName?: string;
    resources?: { requests?: Record<string, Json> };
  };
  status?: {
    phase?: string;
    accessModes?: string[];
    capacity?: Record<string, Json>;
    conditions?: Condition[];
  };
}

interface PersistentVolume extends KubeObject {
  spec: {
    capacity?: Record<string, Json>;
    accessModes?: string[];
    persistentVolumeReclaimPolicy?: string;
    claimRef?: ObjectReference;
    storageClassName?: string;
    volumeMode?: string;
    volumeAttributesClassName?: string;
  };
  status?: { phase?: string; reason?: string; message?: string };
}

export interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string; conditions?: Condition[] };
}

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

interface ServiceAccount extends KubeObject {
  secrets?: ObjectReference[];
}

export interface Ingress extends KubeObject {
  spec: {
    ingressClassName?: string;
    rules?: { host?: string }[];
    tls?: { hosts?: string[]; secretName?: string }[];
  };
  status?: { loadBalancer?: LoadBalancerStatus };
}

interface IngressClass extends KubeObject {
  spec: { controller?: string; parameters?: { apiGroup?: string; kind: string; name: string } };
}

interface NetworkPolicy extends KubeObject {
  spec: { podSelector?: LabelSelector; policyTypes?: string[] };
}

type RoleRef = { apiGroup?: string; kind: string; name: string };
export type Subject = { kind: string; name: string; namespace?: string };
export interface RoleBinding extends KubeObject {
  roleRef: RoleRef;
  subjects?: Subject[];
}
export interface ClusterRoleBinding extends KubeObject {
  roleRef: RoleRef;
  subjects?: Subject[];
}

interface Lease extends KubeObject {
  spec: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number };
}

export interface StorageClass extends KubeObject {
  provisioner: string;
  reclaimPolicy?: string;
  volumeBindingMode?: string;
  allowVolumeExpansion?: boolean;
}

interface PriorityClass extends KubeObject {
  value: number;
  globalDefault?: boolean;
  preemptionPolicy?: string;
}

export interface ResourceQuota extends KubeObject {
  spec?: { hard?: Record<string, Json> };
  status?: { hard?: Record<string, Json>; used?: Record<string, Json> };
}

interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string;
    scope: string;
    names: { kind: string; plural: string };
    versions?: { name: string; served?: boolean; storage?: boolean }[];
  };
  status?: { conditions?: Condition[] };
}

interface ApiService extends KubeObject {
  spec: { service?: { namespace?: string; name?: string }; group?: string; version?: string };
  status?: { conditions?: Condition[] };
}

/** The kinds with a narrow type, each in the group it belongs to. */
interface Kinds {
  Pod: Pod;
  Deployment: Deployment;
  ReplicaSet: ReplicaSet;
  StatefulSet: StatefulSet;
  DaemonSet: DaemonSet;
  ControllerRevision: ControllerRevision;
  Job: Job;
  CronJob: CronJob;
  Service: Service;
  Endpoints: Endpoints;
  EndpointSlice: EndpointSlice;
  Node: Node;
  HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  PodDisruptionBudget: PodDisruptionBudget;
  Event: Event;
  PersistentVolumeClaim: PersistentVolumeClaim;
  PersistentVolume: PersistentVolume;
  Namespace: Namespace;
  ConfigMap: ConfigMap;
  Secret: Secret;
  ServiceAccount: ServiceAccount;
  Ingress: Ingress;
  IngressClass: IngressClass;
  NetworkPolicy: NetworkPolicy;
  RoleBinding: RoleBinding;
  ClusterRoleBinding: ClusterRoleBinding;
  Lease: Lease;
  StorageClass: StorageClass;
  PriorityClass: PriorityClass;
  ResourceQuota: ResourceQuota;
  CustomResourceDefinition: CustomResourceDefinition;
  APIService: ApiService;
}

const groupOfKind: Record<keyof Kinds, string> = {
  Pod: '',
  Deployment: 'apps',
  ReplicaSet: 'apps',
  StatefulSet: 'apps',
  DaemonSet: 'apps',
  ControllerRevision: 'apps',
  Job: 'batch',
  CronJob: 'batch',
  Service: '',
  Endpoints: '',
  EndpointSlice: 'discovery.k8s.io',
  Node: '',
  HorizontalPodAutoscaler: 'autoscaling',
  PodDisruptionBudget: 'policy',
  Event: '',
  PersistentVolumeClaim: '',
  PersistentVolume: '',
  Namespace: '',
  ConfigMap: '',
  Secret: '',
  ServiceAccount: '',
  Ingress: 'networking.k8s.io',
  IngressClass: 'networking.k8s.io',
  NetworkPolicy: 'networking.k8s.io',
  RoleBinding: 'rbac.authorization.k8s.io',
  ClusterRoleBinding: 'rbac.authorization.k8s.io',
  Lease: 'coordination.k8s.io',
  StorageClass: 'storage.k8s.io',
  PriorityClass: 'scheduling.k8s.io',
  ResourceQuota: '',
  CustomResourceDefinition: 'apiextensions.k8s.io',
  APIService: 'apiregistration.k8s.io',
};

export type KnownKind = keyof Kinds;

export function isKnownKind(kind: string): kind is KnownKind {
  return Object.hasOwn(groupOfKind, kind);
}

export function groupOf(kind: KnownKind): string {
  return groupOfKind[kind];
}

export type ObjectOf<K extends KnownKind> = Kinds[K];

/**
 * Narrows an object that an API server has accepted to the type of its kind, so that readers need no casts.
 * It trusts the server's validation: an unchecked manifest must pass validation first.
 */
export function isKind<K extends KnownKind>(object: KubeObject, kind: K): object is Kinds[K] {
  return object.kind === kind && splitApiVersion(object.apiVersion).group === groupOfKind[kind];
}

/** The objects of one kind, narrowed. */
export function ofKind<K extends KnownKind>(objects: readonly KubeObject[], kind: K): Kinds[K][] {
  return objects.filter(object => isKind(object, kind));
}

/** The condition of a type; absent where the list has none. The list's order means nothing. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find(condition => condition.type === type);
}
