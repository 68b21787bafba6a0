import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { hostPortsOf } from '../../kubernetes/scheduling/node-room.ts';
import type { PodSet } from '../pod-sets.ts';
import type { Snapshot } from '../snapshot.ts';

const known = new WeakMap<Snapshot, ReadonlyMap<string, readonly PodSet[]>>();

/** What else takes a host port that pods of a workload take: on a node there is one of each. */
export function rivalsOf(set: PodSet, snapshot: Snapshot): PodSet[] {
  const byPort = known.get(snapshot) ?? byPortIn(snapshot);
  known.set(snapshot, byPort);
  const rivals = portsIn(set).flatMap(port => byPort.get(port) ?? []);
  return [...new Set(rivals)].filter(each => each !== set && (each.wanted > 0 || each.pods.length > 0));
}

/** Its pods never began to run, so that nothing in them can be why it does not serve. */
export function isUnbegun({ pods, wanted, ready }: PodSet): boolean {
  return ready < wanted && pods.length > 0 && !pods.some(hasBegun);
}

function hasBegun({ status }: Pod): boolean {
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return statuses.length > 0 || (status?.phase ?? 'Pending') !== 'Pending';
}

function byPortIn(snapshot: Snapshot): Map<string, PodSet[]> {
  const byPort = new Map<string, PodSet[]>();
  for (const set of snapshot.podSets)
    for (const port of portsIn(set)) {
      const list = byPort.get(port);
      if (list === undefined) byPort.set(port, [set]);
      else list.push(set);
    }
  return byPort;
}

function portsIn({ spec }: PodSet): string[] {
  return hostPortsOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, spec });
}
