import { randomBytes, randomUUID } from 'node:crypto';
import { isObject } from '../core/json.ts';
import { lastSeenMs } from '../kubernetes/event-times.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import type { Cluster } from './cluster.ts';
import type { Operation } from './controllers/controller.ts';
import { keyOf } from './state.ts';

/** As many events as a whole cluster keeps; past it the oldest make room before their hour is over. */
const keptEvents = 5_000;

/** What an event says. */
type Told = Omit<Operation & { do: 'event' }, 'do'>;

/** Records an event about an object; one that says the same as an earlier one only counts that one up. */
export function recordEvent(cluster: Cluster, told: Told): void {
  const { about, reason, message, part } = told;
  const time = cluster.clock.timestamp();
  const events = cluster.state.list('/events', `${about.metadata.namespace ?? 'default'}/`);
  const known = events.findLast(
    each =>
      each['reason'] === reason &&
      each['message'] === message &&
      isObject(each['involvedObject']) &&
      each['involvedObject']['uid'] === about.metadata.uid &&
      each['involvedObject']['fieldPath'] === part,
  );
  if (known === undefined && cluster.state.count('/events') >= keptEvents) forgetOldest(cluster);
  const name = `${about.metadata.name}.${randomBytes(8).toString('hex')}`;
  cluster.state.put(
    '/events',
    known ? toldAgain(known, time) : eventOf(told, { name, uid: randomUUID(), time }),
  );
}

/** An event that is told for the first time. */
export function eventOf(
  { about, reason, message, type, from, part }: Told,
  { name, uid, time }: { name: string; uid: string; time: string },
): KubeObject {
  const { namespace } = about.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: namespace ?? 'default', uid, creationTimestamp: time },
    involvedObject: {
      kind: about.kind,
      ...(namespace === undefined ? {} : { namespace }),
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
  };
}

/** The same event once more. */
export function toldAgain(event: KubeObject, time: string): KubeObject {
  const count = typeof event['count'] === 'number' ? event['count'] : 1;
  return { ...event, count: count + 1, lastTimestamp: time };
}

function forgetOldest({ state }: Cluster): void {
  const [oldest] = state.list('/events').toSorted((a, b) => lastSeenMs(a) - lastSeenMs(b));
  if (oldest !== undefined) state.remove('/events', keyOf(oldest.metadata.namespace, oldest.metadata.name));
}
