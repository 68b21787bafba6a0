import type { KubeObject } from './object.ts';

// Kinds with a spec whose real server keeps no generation.
const withoutGeneration = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Lease',
  'HorizontalPodAutoscaler',
  'LimitRange',
  'Service',
  'CSIDriver',
  'CSINode',
  'VolumeAttachment',
]);

// Kinds without a spec whose real server counts the changes of all the rest.
const withGeneration = new Set([
  'EndpointSlice',
  'PriorityClass',
  'PodTemplate',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
]);

/** Whether the objects of a built-in kind count the changes of their spec. */
export function hasGeneration({ kind, spec }: Pick<KubeObject, 'kind' | 'spec'>): boolean {
  return withGeneration.has(kind) || (spec !== undefined && !withoutGeneration.has(kind));
}

/** Whether the objects of a resource do; those of a custom one always. */
export function countsGenerations(
  resource: { kind: string; custom: boolean },
  { spec }: Pick<KubeObject, 'spec'>,
): boolean {
  return resource.custom || hasGeneration({ kind: resource.kind, ...(spec === undefined ? {} : { spec }) });
}

/** What a generation counts: everything but metadata and status, and what a kind's controller reads of its metadata. */
export function countedContent({ metadata, status: _status, ...rest }: KubeObject): unknown {
  if (rest.kind === 'Deployment') return { ...rest, annotations: metadata.annotations ?? {} };
  // What there is to it cannot be changed.
  if (rest.kind === 'PriorityClass') return {};
  if (rest.kind === 'EndpointSlice') return { ...rest, labels: metadata.labels ?? {} };
  return rest;
}
