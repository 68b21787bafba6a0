import type { JsonObject } from '../../src/core/json.ts';
import { takenAt } from './snapshot-of.ts';

// Objects of namespace `shop` as a test writes them down: the fields that rules read, and no more.

/** A time as the API writes it, so long before the snapshot. */
export function ago(minutes: number): string {
  return new Date(takenAt.getTime() - minutes * 60_000).toISOString();
}

/** YAML documents of objects. */
export function written(...objects: readonly JsonObject[]): string {
  return objects.map(each => JSON.stringify(each)).join('\n---\n');
}

export function object(
  kind: string,
  name: string,
  {
    apiVersion = 'v1',
    metadata = {},
    ...rest
  }: JsonObject & { apiVersion?: string; metadata?: JsonObject } = {},
): JsonObject {
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', uid: `${kind}-${name}`, ...metadata },
    ...rest,
  };
}

/** A template of one container `main` with the label `app`. */
export function template(
  app: string,
  { container = {}, ...spec }: JsonObject & { container?: JsonObject } = {},
): JsonObject {
  return {
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'main', image: 'shop/web:1', ...container }], ...spec },
  };
}

interface Workload {
  replicas?: number;
  pods?: JsonObject & { container?: JsonObject };
  spec?: JsonObject;
  status?: JsonObject;
  metadata?: JsonObject;
}

export function workload(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet',
  name: string,
  { replicas = 1, pods = {}, spec = {}, status, metadata = {} }: Workload = {},
): JsonObject {
  return object(kind, name, {
    apiVersion: 'apps/v1',
    metadata,
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: template(name, pods),
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  });
}

export function ownedBy(kind: string, name: string, apiVersion = 'apps/v1'): JsonObject {
  return { ownerReferences: [{ apiVersion, kind, name, uid: `${kind}-${name}`, controller: true }] };
}

/** A pod that has no node, and what the scheduler said of it. */
export function pendingPod(
  app: string,
  {
    says,
    minutes = 10,
    owner,
    spec = {},
  }: { says?: string; minutes?: number; owner?: JsonObject; spec?: JsonObject },
): JsonObject {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: says };
  const { spec: own } = template(app);
  return object('Pod', `${app}-1`, {
    metadata: { labels: { app }, creationTimestamp: ago(minutes), ...owner },
    spec: { ...(own as JsonObject), ...spec },
    status: { phase: 'Pending', conditions: says === undefined ? [] : [condition] },
  });
}

export function node(
  name: string,
  {
    labels = {},
    allocatable = { cpu: '4', memory: '8Gi', pods: '110' },
    spec = {},
    ready = 'True',
  }: { labels?: JsonObject; allocatable?: JsonObject; spec?: JsonObject; ready?: string } = {},
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { allocatable, conditions: [{ type: 'Ready', status: ready }] },
  };
}
