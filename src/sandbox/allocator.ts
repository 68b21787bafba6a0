import { type Json, objectsIn } from '../core/json.ts';
import type { Allocator } from '../kubernetes/allocation.ts';
import type { ClusterState } from './state.ts';

const nodePortRange = { from: 30_000, to: 32_767 };

/** Hands out what the services of a cluster have not taken. */
export function allocatorOf(state: ClusterState): Allocator {
  let taken: Set<Json | undefined> | undefined;
  return {
    address: () => freeAddress(state),
    nodePort() {
      taken ??= takenNodePorts(state);
      const port = firstFree(nodePortRange, taken);
      taken.add(port);
      return port;
    },
  };
}

function freeAddress(state: ClusterState): string {
  const taken = new Set<Json | undefined>(
    state.list('/services').map(service => service.spec?.['clusterIP']),
  );
  // 10.96.0.0/12 has room for a million; the first 10 are the cluster's own (DNS, the API).
  for (let number = 10; number < 0xfffff; number++) {
    const address = `10.${96 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
  return 'None';
}

function takenNodePorts(state: ClusterState): Set<Json | undefined> {
  const ports = state.list('/services').flatMap(({ spec }) => objectsIn(spec?.['ports']));
  return new Set(ports.map(({ nodePort }) => nodePort));
}

function firstFree(range: { from: number; to: number }, taken: ReadonlySet<Json | undefined>): number {
  for (let number = range.from; number < range.to; number++) if (!taken.has(number)) return number;
  return range.to;
}
