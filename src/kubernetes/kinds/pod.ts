import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import type { Condition } from './condition.ts';
import type { Affinity, SpreadConstraint } from './scheduling.ts';

type ContainerPort = { name?: string; containerPort: number; protocol?: string; hostPort?: number };

export type Container = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  ports?: ContainerPort[];
  env?: JsonObject[];
  envFrom?: JsonObject[];
  volumeMounts?: JsonObject[];
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
  ephemeralContainers?: Container[];
  volumes?: JsonObject[];
  nodeName?: string;
  hostname?: string;
  subdomain?: string;
  nodeSelector?: Record<string, string>;
  tolerations?: JsonObject[];
  restartPolicy?: string;
  serviceAccountName?: string;
  hostNetwork?: boolean;
  hostAliases?: { ip?: string; hostnames?: string[] }[];
  dnsPolicy?: string;
  dnsConfig?: { nameservers?: string[]; searches?: string[] };
  schedulerName?: string;
  schedulingGates?: { name: string }[];
  priority?: number;
  priorityClassName?: string;
  affinity?: Affinity;
  topologySpreadConstraints?: SpreadConstraint[];
  terminationGracePeriodSeconds?: number;
  readinessGates?: { conditionType: string }[];
  activeDeadlineSeconds?: number;
  imagePullSecrets?: { name?: string }[];
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
  containerID?: string;
};

type ContainerState = {
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
  observedGeneration?: number;
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

export type TemplateMeta = { labels?: Record<string, string>; annotations?: Record<string, string> };

export type PodTemplate = { metadata?: TemplateMeta; spec: PodSpec };
