import type { Json, JsonObject } from '../core/json.ts';
import { type KubeObject, type ObjectMeta, splitApiVersion } from './object.ts';

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
  lastUpdateTime?: string;
  observedGeneration?: number;
};

export type SelectorRequirement = { key: string; operator: string; values?: string[] };
export type LabelSelector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: SelectorRequirement[];
};

export type ContainerPort = { name?: string; containerPort: number; protocol?: string; hostPort?: number };
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

export type PodSpec = {
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

export type StateRunning = { startedAt?: string };
export type StateWaiting = { reason?: string; message?: string };
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
export type PodStatus = {
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

export type PodTemplate = { metadata?: Partial<ObjectMeta> & JsonMeta; spec: PodSpec };
type JsonMeta = { labels?: Record<string, string>; annotations?: Record<string, string> };
