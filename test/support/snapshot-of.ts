import { parseAllDocuments } from 'yaml';
import { Snapshot, type SnapshotData } from '../../src/diagnosis/snapshot.ts';
import type { Event } from '../../src/kubernetes/kinds/event.ts';
import { isKind } from '../../src/kubernetes/kinds.ts';
import type { KubeObject } from '../../src/kubernetes/object.ts';

/** When a snapshot of a test is taken, unless it says otherwise. */
export const takenAt = new Date('2026-11-21T12:00:00Z');

/** A snapshot of what the YAML documents hold, events among them; everything was read. */
export function snapshotOf(documents: string, rest: Partial<Omit<SnapshotData, 'objects'>> = {}): Snapshot {
  const objects = parseAllDocuments(documents).map(each => each.toJS() as KubeObject);
  const events: Event[] = [];
  const others: KubeObject[] = [];
  for (const object of objects) {
    if (isKind(object, 'Event')) events.push(object);
    else others.push(object);
  }
  return new Snapshot({ takenAt, objects: others, events, ...rest });
}
