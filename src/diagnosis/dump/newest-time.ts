import { isObject, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';

/** Fields that say when something happened; not those that say when something will (an expiry, a renewal, a deletion). */
const happened: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'lastTransitionTime',
  'lastHeartbeatTime',
  'lastUpdateTime',
  'lastProbeTime',
  'lastScheduleTime',
  'lastSuccessfulTime',
  'startedAt',
  'finishedAt',
  'startTime',
  'completionTime',
  'firstTimestamp',
  'lastTimestamp',
  'eventTime',
  'lastObservedTime',
  'renewTime',
  'time',
]);
// Clocks of nodes differ by minutes; what is a day ahead of ours is a mistake of one field.
const mostAheadMs = 24 * 3_600_000;

/** When a dump was taken: the newest time in it that can be true; undefined: it names none. */
export function newestTime(objects: readonly KubeObject[], now: Date): Date | undefined {
  const latestMs = now.getTime() + mostAheadMs;
  let newestMs = Number.NEGATIVE_INFINITY;
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    else if (isObject(value))
      for (const key in value) {
        const member: Json | undefined = value[key];
        if (typeof member !== 'string') walk(member);
        else if (happened.has(key)) {
          const ms = Date.parse(member);
          if (ms > newestMs && ms <= latestMs) newestMs = ms;
        }
      }
  };
  for (const object of objects) walk(object);
  return Number.isFinite(newestMs) ? new Date(newestMs) : undefined;
}
