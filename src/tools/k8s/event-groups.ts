import type { Event } from '../../kubernetes/kinds/event.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** Events that say the same about the same object, as one. */
export interface EventGroup {
  warning: boolean;
  /** `Pod/web-1`, with its namespace when it is not the only one. */
  object: string;
  namespace: string | undefined;
  reason: string;
  message: string;
  count: number;
  /** When it was seen last, RFC 3339; empty when no event says. */
  last: string;
}

/** Folds events by object, reason and message; warnings first, the newest first among them. */
export function groupEvents(objects: readonly KubeObject[]): EventGroup[] {
  const groups = new Map<string, EventGroup>();
  for (const event of objects) {
    if (!isKind(event, 'Event')) continue;
    const group = groupOf(event);
    const key = JSON.stringify([group.namespace, group.object, group.warning, group.reason, group.message]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, group);
    else {
      known.count += group.count;
      if (group.last > known.last) known.last = group.last;
    }
  }
  return [...groups.values()].toSorted(byWeight);
}

function groupOf(event: Event): EventGroup {
  const { involvedObject, series } = event;
  return {
    warning: event.type === 'Warning',
    object: `${involvedObject.kind ?? '?'}/${involvedObject.name ?? '?'}`,
    namespace: involvedObject.namespace,
    reason: event.reason ?? '',
    message: event.message ?? '',
    count: series?.count ?? event.count ?? 1,
    last: lastSeen(event),
  };
}

/** New-style events carry eventTime and count in a series, the others firstTimestamp and lastTimestamp. */
function lastSeen(event: Event): string {
  const seen = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime;
  return seen ?? event.metadata.creationTimestamp ?? '';
}

function byWeight(left: EventGroup, right: EventGroup): number {
  if (left.warning !== right.warning) return left.warning ? -1 : 1;
  return Date.parse(right.last) - Date.parse(left.last) || 0;
}
