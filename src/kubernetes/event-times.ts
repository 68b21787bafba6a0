import { memberOf, textIn, textOf } from '../core/json.ts';
import type { KubeObject } from './object.ts';

/** When an event was last seen, in milliseconds; 0 where it does not say. Several recorders write different fields of these. */
export function lastSeenMs(event: KubeObject): number {
  const { lastTimestamp, eventTime, firstTimestamp, metadata } = event;
  const told = [
    textOf(memberOf(event, 'series'), 'lastObservedTime'),
    lastTimestamp,
    eventTime,
    firstTimestamp,
  ];
  const text = [...told, metadata.creationTimestamp].map(textIn).find(each => each !== '') ?? '';
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}
