import { readManagedFields } from './managed-fields.ts';
import type { KubeObject } from './object.ts';

/** A write as an object's managedFields tell of it. */
export interface ManagedWrite {
  /** As the client called itself: anybody can take any name. */
  manager: string;
  /** RFC 3339, whole seconds, by the server's clock. */
  at: string;
  /** Absent for the object itself. */
  subresource?: string;
}

/**
 * What managers but one's own wrote on an object after one's own write, oldest first; reports of its state (`status`) are
 * no such writes. The server keeps whole seconds and the newest write of each manager, so that one within the same second
 * does not show. `from`, `until`: the own write was between the two, by the server's clock.
 */
export function writesSince(
  object: KubeObject,
  { own, from, until }: { own: string; from: Date; until: Date },
): ManagedWrite[] {
  const owners = readManagedFields(object);
  const ownTimes = owners
    .filter(({ manager }) => manager === own)
    .map(({ time }) => Date.parse(time ?? ''))
    .filter(time => time >= from.getTime() && time <= until.getTime());
  // A write by the scale of an object loses its time on the way to the object.
  const isUntimed = owners.some(({ manager, time }) => manager === own && time === undefined);
  // Where there is none, a later write of one's own has taken the place of the one in question.
  const after = ownTimes.length > 0 ? Math.max(...ownTimes) : (isUntimed ? until : from).getTime();
  return owners
    .filter(({ manager, subresource }) => manager !== own && subresource !== 'status')
    .flatMap(({ manager, time, subresource }) =>
      time !== undefined && Date.parse(time) > after
        ? [{ manager, at: time, ...(subresource === undefined ? {} : { subresource }) }]
        : [],
    )
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
