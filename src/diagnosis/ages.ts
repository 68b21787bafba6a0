import type { Snapshot } from './snapshot.ts';

/** How long ago a time was by the cluster's clock, in milliseconds; 0 for one to come, undefined for none that can be read. */
export function sinceMs({ nowMs }: Snapshot, time: string | null | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, nowMs - ms);
}
