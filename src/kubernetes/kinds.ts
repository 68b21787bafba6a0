import type { ClusterRoleBinding, RoleBinding, ServiceAccount } from './kinds/access.ts';
import type { HorizontalPodAutoscaler } from './kinds/autoscaling.ts';
import type { CronJob, Job } from './kinds/batch.ts';
import type {
  ApiService,
  ConfigMap,
  CustomResourceDefinition,
  Lease,
  Namespace,
  Node,
  PriorityClass,
  ResourceQuota,
  Secret,
} from './kinds/cluster.ts';
import type { Event } from './kinds/event.ts';
import type {
  EndpointSlice,
  Endpoints,
  Ingress,
  IngressClass,
  NetworkPolicy,
  Service,
} from './kinds/network.ts';
import type { Pod } from './kinds/pod.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from './kinds/storage.ts';
import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  PodDisruptionBudget,
  ReplicaSet,
  StatefulSet,
} from './kinds/workloads.ts';
import { type KubeObject, splitApiVersion } from './object.ts';

/*
 * The built-in kinds whose fields Vigie reads; kinds/ has their types, a file a family. Specs and statuses there are
 * type aliases, not interfaces: only an alias has the implicit index signature that lets a narrow spec pass as a
 * JsonObject.
 */

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
