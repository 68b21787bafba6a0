import { childIn } from '../../core/journal.ts';
import type { RunRow } from './run-row.ts';

/** A run for which what is changed counts, with the step of it at which that happens. */
export interface Line {
  number: number;
  run: string;
  path: string;
  most: number;
}

/** A run's own. What has no bound need not be counted. */
export function ownLine(
  { number, id }: Pick<RunRow, 'number' | 'id'>,
  { path, most }: { path: string; most?: number },
): Line[] {
  return most === undefined ? [] : [{ number, run: id, path, most }];
}

/** Of a run that called another, by the row of that other. */
export function callersLine(
  caller: Pick<RunRow, 'number' | 'id'>,
  { parent_key: key, parent_most: most }: Pick<RunRow, 'parent_key' | 'parent_most'>,
): Line[] {
  return ownLine(caller, { path: childIn(key ?? ''), ...(most === null ? {} : { most }) });
}

/** Whether what counts already and what is to count are more than a line may have; what is there already is no more. */
export function isFull({ most }: Line, counted: readonly string[], objects: readonly string[]): boolean {
  const known = new Set(counted);
  const all = new Set([...counted, ...objects]);
  return all.size > known.size && all.size > most;
}
