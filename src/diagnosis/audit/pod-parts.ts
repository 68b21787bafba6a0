import { type JsonObject, listOf, memberOf, textOf } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { podSpecIn } from '../../kubernetes/pod-security/standards.ts';

/** The pod that an object is or makes. */
export interface PodPart {
  spec: JsonObject;
  /** Where it stands: `spec.template.spec`. */
  at: string;
  labels: JsonObject;
  /** A patch of the pod's spec as one of the object. */
  patch(spec: JsonObject): JsonObject;
}

/** One container of it. */
export interface ContainerPart {
  container: JsonObject;
  name: string;
  at: string;
  /** Runs to its end before the others: no probe and no traffic is for it. */
  initial: boolean;
  security: JsonObject;
  patch(container: JsonObject): JsonObject;
}

const parents: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

export function podIn(object: KubeObject): PodPart | undefined {
  const spec = podSpecIn(object);
  if (spec === undefined) return undefined;
  const above = parents[object.kind] ?? ['spec', 'template'];
  let template: JsonObject = object as JsonObject;
  for (const name of above) template = memberOf(template, name) ?? {};
  return {
    spec,
    at: [...above, 'spec'].join('.'),
    labels: memberOf(memberOf(template, 'metadata'), 'labels') ?? {},
    patch: inner => [...above, 'spec'].reduceRight<JsonObject>((below, name) => ({ [name]: below }), inner),
  };
}

/** Those that stand in a manifest; ephemeral ones are somebody's look into a pod. */
export function containersIn(pod: PodPart): ContainerPart[] {
  return ['initContainers', 'containers'].flatMap(list =>
    listOf(pod.spec, list).map((container, index) => {
      const name = textOf(container, 'name');
      return {
        container,
        name,
        at: `${pod.at}.${list}[${index}]`,
        initial: list === 'initContainers' && container['restartPolicy'] !== 'Always',
        security: memberOf(container, 'securityContext') ?? {},
        patch: inner => pod.patch({ [list]: [{ name, ...inner }] }),
      };
    }),
  );
}

export function podSecurity({ spec }: PodPart): JsonObject {
  return memberOf(spec, 'securityContext') ?? {};
}

/** Another system has other users, rights and file systems. */
export function isWindows({ spec }: PodPart): boolean {
  return memberOf(spec, 'os')?.['name'] === 'windows';
}

const lasting = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'DaemonSet'];

/** Whether its pods serve until they are told to stop; a job's end by themselves. */
export function isLasting({ kind }: KubeObject): boolean {
  return lasting.includes(kind);
}
