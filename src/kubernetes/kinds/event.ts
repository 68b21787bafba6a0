import type { KubeObject } from '../object.ts';
import type { ObjectReference } from './object-reference.ts';

/** Event in its core/v1 form. New-style events carry eventTime and reportingComponent; the others may be null then. */
export interface Event extends KubeObject {
  involvedObject: ObjectReference;
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  source?: { component?: string; host?: string };
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { count?: number; lastObservedTime?: string };
  reportingComponent?: string;
}
