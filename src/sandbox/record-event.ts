import { randomBytes } from 'node:crypto';
import { isObject } from '../core/json.ts';
import type { Cluster } from './cluster.ts';
import type { Operation } from './controllers/controller.ts';
import { lastSeenMs } from './event-lifetime.ts';
import { keyOf } from './state.ts';

/** As many events as a whole cluster keeps; past it the oldest make room before their hour is over. */
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
  if (cluster.state.count('/events') >= keptEvents) forgetOldest(cluster);
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

function forgetOldest({ state }: Cluster): void {
  const [oldest] = state.list('/events').toSorted((a, b) => lastSeenMs(a) - lastSeenMs(b));
  if (oldest !== undefined) state.remove('/events', keyOf(oldest.metadata.namespace, oldest.metadata.name));
}
