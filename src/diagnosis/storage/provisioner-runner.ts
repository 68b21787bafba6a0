import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

const known = new WeakMap<Snapshot, Map<string, PodSet | undefined>>();

/** The workload that runs a provisioner: whatever runs one is told the name that it answers to. */
export function runnerOf(provisioner: string, snapshot: Snapshot): PodSet | undefined {
  const runners = known.get(snapshot) ?? new Map<string, PodSet | undefined>();
  known.set(snapshot, runners);
  if (!runners.has(provisioner))
    runners.set(
      provisioner,
      snapshot.podSets.find(({ spec }) => JSON.stringify(spec).includes(provisioner)),
    );
  return runners.get(provisioner);
}
