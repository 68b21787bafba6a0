import { randomBytes } from 'node:crypto';
import { isObject } from '../core/json.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Cluster } from './cluster.ts';
import type { Operation } from './controllers/controller.ts';

/** As many events as the cluster keeps; the oldest go first, as an hour's lifetime does it in a real one. */
const keptEvents = 5_000;

/** Records an event about an object; one that says the same as an earlier one only counts that one up. */
export function recordEvent(
  cluster: Cluster,
  { about, reason, message, type, from, part }: Omit<Operation & { do: 'event' }, 'do'>,
): void {
  const namespace = about.metadata.namespace ?? 'default';
  const time = cluster.clock.timestamp();
  const events = cluster.state.list('/events', `${namespace}/`);
  const known = events.findLast(
    each =>
      each['reason'] === reason &&
      each['message'] === message &&
      isObject(each['involvedObject']) &&
      each['involvedObject']['uid'] === about.metadata.uid &&
      each['involvedObject']['fieldPath'] === part,
  );
  if (known !== undefined) {
    const count = typeof known['count'] === 'number' ? known['count'] : 1;
    cluster.state.put('/events', { ...known, count: count + 1, lastTimestamp: time });
    return;
  }
  if (events.length >= keptEvents) forgetOldest(cluster, events);
  const name = `${about.metadata.name}.${randomBytes(8).toString('hex')}`;
  cluster.state.put('/events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace, uid: crypto.randomUUID(), creationTimestamp: time },
    involvedObject: {
      kind: about.kind,
      ...(about.metadata.namespace === undefined ? {} : { namespace }),
      name: about.metadata.name,
      uid: about.metadata.uid,
      apiVersion: about.apiVersion,
      resourceVersion: about.metadata.resourceVersion,
      ...(part === undefined ? {} : { fieldPath: part }),
    },
    reason,
    message,
    source: { component: from },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type,
    eventTime: null,
    reportingComponent: from,
    reportingInstance: '',
  });
}

function forgetOldest(cluster: Cluster, events: readonly KubeObject[]): void {
  const oldest = [...events].sort((a, b) => (lastSeen(a) < lastSeen(b) ? -1 : 1))[0];
  if (oldest === undefined) return;
  cluster.state.remove('/events', `${oldest.metadata.namespace}/${oldest.metadata.name}`);
}

function lastSeen(event: KubeObject): string {
  const { lastTimestamp } = event;
  return typeof lastTimestamp === 'string' ? lastTimestamp : (event.metadata.creationTimestamp ?? '');
}
