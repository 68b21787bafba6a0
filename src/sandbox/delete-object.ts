import { canonicalJson } from '../core/json.ts';
import { isKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
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
  const { object, waits } = leaving(live, { ...request, nowMs: cluster.clock.now() });
  const { name, namespace } = live.metadata;
  if (waits) {
    if (object === live || dryRun) return { object, gone: false };
    return { object: cluster.state.put(storageOf(resource), object), gone: false };
  }
  // A pod that goes at once shows that it had no time to; everything else goes as it was.
  const last = resource.kind === 'Pod' ? object : live;
  if (dryRun) return { object: last, gone: true };
  return {
    object: cluster.state.remove(storageOf(resource), keyOf(namespace, name), last) ?? last,
    gone: true,
  };
}

/** An object that is to go, marked so; waits: somebody must act before it is gone. */
export function leaving(
  live: KubeObject,
  wish: Pick<DeleteRequest, 'graceSeconds' | 'propagation'> & { nowMs: number },
): { object: KubeObject; waits: boolean } {
  const finalizers = finalizersFor(live, wish.propagation);
  const grace = graceFor(live, wish.graceSeconds);
  const waits = finalizers.length > 0 || grace > 0 || isKind(live, 'Namespace');
  return { object: mark(live, { grace, finalizers, nowMs: wish.nowMs }), waits };
}

/** What keeps a deleted object: finalizers, a grace period that runs, a namespace's content. */
export function isHeld(object: KubeObject): boolean {
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata;
  const content = isKind(object, 'Namespace') ? (object.spec?.finalizers ?? []) : [];
  return finalizers.length > 0 || content.length > 0 || deletionGracePeriodSeconds > 0;
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
function finalizersFor({ metadata }: KubeObject, propagation: string | undefined): string[] {
  const present = metadata.finalizers ?? [];
  if (propagation === undefined) return present;
  const wanted = finalizerOf[propagation];
  const kept = present.filter(each => each === wanted || !Object.values(finalizerOf).includes(each));
  return wanted === undefined || kept.includes(wanted) ? kept : [...kept, wanted];
}

/** Only pods have a time to stop in; one that runs nowhere or has ended needs none. */
function graceFor(live: KubeObject, graceSeconds: number | undefined): number {
  if (!isKind(live, 'Pod') || live.spec.nodeName === undefined) return 0;
  if (live.status?.phase === 'Succeeded' || live.status?.phase === 'Failed') return 0;
  const wanted = graceSeconds ?? live.spec.terminationGracePeriodSeconds ?? defaultPodGraceSeconds;
  const running = live.metadata.deletionGracePeriodSeconds;
  // A deletion on its way can be made shorter, never longer.
  return Math.max(0, running === undefined ? wanted : Math.min(wanted, running));
}

function mark(
  live: KubeObject,
  { grace, finalizers, nowMs }: { grace: number; finalizers: string[]; nowMs: number },
): KubeObject {
  const { metadata } = live;
  const { deletionTimestamp, deletionGracePeriodSeconds, generation } = metadata;
  const isSame = canonicalJson(finalizers) === canonicalJson(metadata.finalizers ?? []);
  if (deletionTimestamp !== undefined && deletionGracePeriodSeconds === grace && isSame) return live;
  const first = deletionTimestamp === undefined;
  const marked: KubeObject = {
    ...live,
    metadata: {
      ...metadata,
      deletionTimestamp: first || grace > 0 ? timestampAt(nowMs + grace * 1_000) : deletionTimestamp,
      ...(isKind(live, 'Namespace') ? {} : { deletionGracePeriodSeconds: grace }),
      ...(finalizers.length === 0 ? {} : { finalizers }),
      ...(first && generation !== undefined ? { generation: generation + 1 } : {}),
    },
  };
  return isKind(live, 'Namespace') ? { ...marked, status: { ...live.status, phase: 'Terminating' } } : marked;
}
