import { isWithin, type Occasion, type Storm } from '../../core/journal.ts';

// What every journal counts alike of what comes from outside, wherever its rows lie.

export interface OccasionRow {
  run: string | null;
  held_since: number | null;
  seen_at: number;
}

export interface StormRow {
  environment: string;
  name: string;
  since: number;
  last: number;
  held: number;
}

export type Bounds = NonNullable<Occasion['storm']>;

/** Stands for all playbooks of an environment: no playbook has an empty name. */
export const allPlaybooks = '';

/** Of what there were too many: of that playbook, or of all. */
export function overBounds(
  { ofName, inEnvironment }: Bounds,
  counted: { name: string; ofName: number; inEnvironment: number },
): string | undefined {
  if (counted.ofName >= ofName) return counted.name;
  return counted.inEnvironment >= inEnvironment ? allPlaybooks : undefined;
}

/**
 * The storm in which an occasion is held back now. One in which nothing was held for as long as it is counted over has
 * passed, and this begins another. `heldSince`: the storm in which this very occasion was held before.
 */
export function heldIn(
  found: StormRow | undefined,
  at: { environment: string; name: string; now: number; withinMs: number; heldSince: number | undefined },
): { row: StormRow; first: boolean } {
  const { environment, name, now, withinMs, heldSince } = at;
  const goesOn = found !== undefined && isWithin(found.last, { now, ms: withinMs }) ? found : undefined;
  const since = goesOn?.since ?? now;
  const held = (goesOn?.held ?? 0) + (heldSince === since && goesOn !== undefined ? 0 : 1);
  return { row: { environment, name, since, last: now, held }, first: goesOn === undefined };
}

export function stormOf({ environment, name, since, last, held }: StormRow): Storm {
  return { environment, since, last, held, ...(name === allPlaybooks ? {} : { name }) };
}
