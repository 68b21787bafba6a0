import { isSameJson, type JsonObject } from '../../core/json.ts';
import type { Pod, PodTemplate } from '../../kubernetes/kinds/pod.ts';
import type { Deployment, ReplicaSet } from '../../kubernetes/kinds/workloads.ts';
import { type KubeObject, refOf } from '../../kubernetes/object.ts';
import { controlledBy } from '../../kubernetes/owners.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Operation } from './controller.ts';

/**
 * A write of the whole object. Without its resourceVersion: what a controller reads cannot change before its
 * operations are applied, except by those operations.
 */
export function updateOf(object: KubeObject): Operation {
  return { do: 'update', object: unversioned(object) };
}

/** A write of the status, or nothing where it stands so already: what makes a controller settle. */
export function statusOf(object: KubeObject, status: JsonObject): Operation[] {
  if (isSameJson(object.status ?? {}, status)) return [];
  return [statusWrite({ ...object, status })];
}

/** A write of the object's status, and of what else of it a server takes with that. */
export function statusWrite(object: KubeObject): Operation {
  return { do: 'status', object: unversioned(object) };
}

/** The generation that a status tells of. */
export function observed({ metadata: { generation } }: KubeObject): { observedGeneration?: number } {
  return generation === undefined ? {} : { observedGeneration: generation };
}

/** The status of a pod that is driven from its node. */
export function disrupted(
  pod: Pod,
  { time, ...why }: { reason: string; message: string; time: string },
): JsonObject {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const mark = { type: 'DisruptionTarget', status: 'True', lastProbeTime: null, lastTransitionTime: time };
  return { ...pod.status, conditions: [...others, { ...mark, ...why }] };
}

function unversioned(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Takes a finalizer off, which ends an object on its way out that none else holds. */
export function withoutFinalizer(object: KubeObject, finalizer: string): Operation {
  const { finalizers = [], ...metadata } = object.metadata;
  const rest = finalizers.filter(each => each !== finalizer);
  return updateOf({
    ...object,
    metadata: { ...metadata, ...(rest.length === 0 ? {} : { finalizers: rest }) },
  });
}

export function deleteOf(
  object: KubeObject,
  more: { propagation?: 'Background' | 'Foreground'; graceSeconds?: number } = {},
): Operation {
  return { do: 'delete', target: refOf(object), uid: object.metadata.uid ?? '', ...more };
}

/** Whether a set of pods or of pods' sets asks for an object by its labels. */
export function selects({ metadata, spec }: Deployment | ReplicaSet, object: KubeObject): boolean {
  if (metadata.namespace !== object.metadata.namespace) return false;
  return matchesLabels(requirementsOf(spec.selector), object.metadata.labels);
}

/** Makes an object that no controller has belong to one. */
export function adopt(object: KubeObject, owner: KubeObject): Operation {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controlledBy(owner)];
  return updateOf({ ...object, metadata: { ...object.metadata, ownerReferences } });
}

/** The pod that a controller makes of its template. */
export function podFrom(
  owner: KubeObject,
  {
    template,
    name,
    labels = {},
    spec = {},
  }: {
    template: PodTemplate;
    name: string;
    labels?: Record<string, string>;
    /** What the controller itself decides about the pod: its node, its host name. */
    spec?: JsonObject;
  },
): KubeObject {
  const { namespace } = owner.metadata;
  const { annotations } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      generateName: `${owner.metadata.name}-`,
      labels: { ...template.metadata?.labels, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controlledBy(owner)],
    },
    spec: { ...template.spec, ...spec },
  };
}

/** The answer of a reconcile: no wakeAt where nothing waits for time. */
export function wakeAtOf(moments: readonly number[]): { wakeAt?: number } {
  const wakeAt = Math.min(...moments);
  return Number.isFinite(wakeAt) ? { wakeAt } : {};
}
