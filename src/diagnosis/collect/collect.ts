import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind, ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { RecordedChange } from '../snapshot.ts';
import { lastSeenMs, Snapshot } from '../snapshot.ts';
import { readEvents } from './events.ts';
import { readLogs } from './logs.ts';
import type { Look } from './look.ts';
import { readKind, readObjects, servedKinds } from './objects.ts';
import { lookAtPods, type PodsSeen } from './pods.ts';
import { wantedKinds } from './wanted-kinds.ts';

/** Read in another way than as a list of whole objects. */
const apart = new Set(['Pod', 'Event']);
/** A cluster keeps ten of these for each workload; they tell something only where something is wrong. */
const onlyWhereWrong = ['ReplicaSet', 'ControllerRevision'];

/** One look at a cluster or a namespace of it. @throws VigieError where nothing at all can be read */
export async function collect(
  look: Look,
  { changes = [] }: { changes?: readonly RecordedChange[] } = {},
): Promise<Snapshot> {
  const needs = new Set(wantedKinds());
  for (const kind of [...apart, ...onlyWhereWrong]) needs.delete(kind);
  const { served, absent } = await servedKinds(look, needs);
  const [objects, events] = await Promise.all([readObjects(look, served), readEvents(look)]);
  const seen = await lookAtPods(look, namespacesOf(look, objects));
  const histories = await readHistories(look, { objects, events, seen });
  const logs = await readLogs(look, seen.pods);
  return new Snapshot({
    takenAt: look.clusterTime(),
    objects: [...objects, ...seen.pods, ...histories],
    events: events.toSorted((a, b) => lastSeenMs(b) - lastSeenMs(a)),
    rows: seen.rows,
    logs,
    unread: look.unread,
    ...(look.namespace === undefined ? { partly: onlyWhereWrong } : {}),
    absent,
    changes,
    ...namespacesSeen(look),
  });
}

function namespacesSeen(look: Look): { namespaces?: readonly string[] } {
  const namespaces = look.namespace === undefined ? look.namespaces : [look.namespace];
  return namespaces === undefined ? {} : { namespaces };
}

/** Undefined: they may not be listed. */
function namespacesOf(look: Look, objects: readonly KubeObject[]): readonly string[] | undefined {
  if (look.namespace !== undefined) return [look.namespace];
  if (look.namespaces !== undefined) return look.namespaces;
  const unread = look.unread.some(({ kind }) => kind === 'Namespace');
  return unread ? undefined : ofKind(objects, 'Namespace').map(({ metadata }) => metadata.name);
}

async function readHistories(
  look: Look,
  { objects, events, seen }: { objects: readonly KubeObject[]; events: readonly Event[]; seen: PodsSeen },
): Promise<KubeObject[]> {
  const places = new Set<string>();
  const add = (namespace: string | undefined) => {
    if (namespace !== undefined && (look.namespaces?.includes(namespace) ?? true)) places.add(namespace);
  };
  for (const { metadata } of seen.pods) add(metadata.namespace);
  for (const { involvedObject, type } of events) if (type === 'Warning') add(involvedObject.namespace);
  for (const object of objects) if (isBehind(object)) add(object.metadata.namespace);
  if (look.namespace !== undefined) {
    places.clear();
    places.add(look.namespace);
  }
  const { served } = await servedKinds(look, onlyWhereWrong);
  const lists: KubeObject[] = [];
  for (const kind of served)
    for (const namespace of places) lists.push(...(await readKind(look, { kind, query: { namespace } })));
  return lists;
}

/** A workload that has fewer pods at work than it ought to, or has not yet seen what it ought to be. */
function isBehind(object: KubeObject): boolean {
  const { generation = 0 } = object.metadata;
  if (isKind(object, 'Deployment') || isKind(object, 'StatefulSet')) {
    const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0 } = object.status ?? {};
    const wanted = object.spec.replicas ?? 1;
    return observedGeneration < generation || readyReplicas < wanted || updatedReplicas < wanted;
  }
  if (!isKind(object, 'DaemonSet')) return false;
  const { observedGeneration = 0, numberReady = 0, desiredNumberScheduled = 0 } = object.status ?? {};
  return observedGeneration < generation || numberReady < desiredNumberScheduled;
}
