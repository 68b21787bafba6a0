import { canonicalJson } from '../core/json.ts';
import { countsGenerations } from '../kubernetes/generation.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Cluster } from './cluster.ts';
import { type Resource, storageOf } from './resource.ts';
import { keyOf } from './state.ts';
import { conflict, forbidden } from './status.ts';

export interface DeleteRequest {
  resource: Resource;
  live: KubeObject;
  dryRun: boolean;
  /** Absent: what the object asks for; 0: at once. */
  graceSeconds?: number | undefined;
  propagation?: string | undefined;
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined;
}

const defaultPodGraceSeconds = 30;
// The real server refuses to delete these too.
const immortalNamespaces = new Set(['default', 'kube-public', 'kube-system']);

/**
 * Deletes one object, at once or, where somebody must act first (a grace period, finalizers, a namespace's content),
 * by marking it. Returns the object as it then is, and whether it is gone.
 */
export function deleteObject(
  cluster: Cluster,
  request: DeleteRequest,
): { object: KubeObject; gone: boolean } {
  const { resource, live, dryRun } = request;
  requirePreconditions(request);
  if (resource.kind === 'Namespace' && immortalNamespaces.has(live.metadata.name)) {
    throw forbidden(resource, { name: live.metadata.name, why: 'this namespace may not be deleted' });
  }
  if (resource.kind === 'PriorityClass' && /^system-(cluster|node)-critical$/.test(live.metadata.name)) {
    const why = 'this is a system priority class and cannot be deleted';
    throw forbidden(resource, { name: live.metadata.name, why });
  }
  const finalizers = finalizersFor(request);
  const grace = graceFor(request);
  const waits = finalizers.length > 0 || grace > 0 || resource.kind === 'Namespace';
  const { name, namespace } = live.metadata;
  if (!waits) {
    // A pod that goes at once shows that it had no time to; everything else goes as it was.
    const last = resource.kind === 'Pod' ? mark(cluster, { live, resource, grace, finalizers }) : live;
    if (dryRun) return { object: last, gone: true };
    const removed = cluster.state.remove(storageOf(resource), keyOf(namespace, name), last);
    return { object: removed ?? last, gone: true };
  }
  const marked = mark(cluster, { live, resource, grace, finalizers });
  if (marked === live || dryRun) return { object: marked, gone: false };
  return { object: cluster.state.put(storageOf(resource), marked), gone: false };
}

function requirePreconditions({ resource, live, preconditions }: DeleteRequest): void {
  const { uid, resourceVersion, name } = live.metadata;
  // Here the real server names the kind where it names the resource everywhere else.
  const subject = { ...resource, plural: resource.kind };
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, { name, why });
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(subject, { name, why });
  }
}

const finalizerOf: Record<string, string> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' };

/** What the garbage collector has to do first is written on the object; a later wish takes the place of an earlier one. */
function finalizersFor({ live, propagation }: DeleteRequest): string[] {
  const present = live.metadata.finalizers ?? [];
  if (propagation === undefined) return present;
  const wanted = finalizerOf[propagation];
  const kept = present.filter(each => each === wanted || !Object.values(finalizerOf).includes(each));
  return wanted === undefined || kept.includes(wanted) ? kept : [...kept, wanted];
}

/** Only pods have a time to stop in; one that runs nowhere or has ended needs none. */
function graceFor({ resource, live, graceSeconds }: DeleteRequest): number {
  if (resource.kind !== 'Pod' || resource.custom) return 0;
  const phase = live.status?.['phase'];
  if (live.spec?.['nodeName'] === undefined || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = live.spec['terminationGracePeriodSeconds'];
  const wanted = graceSeconds ?? (typeof own === 'number' ? own : defaultPodGraceSeconds);
  const running = live.metadata.deletionGracePeriodSeconds;
  // A deletion on its way can be made shorter, never longer.
  return Math.max(0, running === undefined ? wanted : Math.min(wanted, running));
}

function mark(
  cluster: Cluster,
  {
    live,
    resource,
    grace,
    finalizers,
  }: { live: KubeObject; resource: Resource; grace: number; finalizers: string[] },
): KubeObject {
  const { metadata } = live;
  const first = metadata.deletionTimestamp === undefined;
  if (
    !first &&
    metadata.deletionGracePeriodSeconds === grace &&
    canonicalJson(finalizers) === canonicalJson(metadata.finalizers ?? [])
  ) {
    return live;
  }
  const counted = first && countsGenerations(resource, live) && metadata.generation !== undefined;
  const marked: KubeObject = {
    ...live,
    metadata: {
      ...metadata,
      deletionTimestamp:
        first || grace > 0 ? cluster.clock.timestamp(grace * 1_000) : (metadata.deletionTimestamp ?? ''),
      ...(resource.kind === 'Namespace' ? {} : { deletionGracePeriodSeconds: grace }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(counted ? { generation: (metadata.generation ?? 0) + 1 } : {}),
    },
  };
  if (resource.kind !== 'Namespace') return marked;
  return { ...marked, status: { ...live.status, phase: 'Terminating' } };
}
