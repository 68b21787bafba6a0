import type { Ref } from '../core/ref.ts';
import { systemNamespace } from './cluster/system-services.ts';
import { serviceAt } from './network/connection-logs.ts';
import { namedAddresses } from './network/needed-paths.ts';
import { keyOf, type Snapshot } from './snapshot.ts';

const known = new WeakMap<Snapshot, ReadonlyMap<string, ReadonlySet<string>>>();

/**
 * Whether what is wrong in another namespace may explain what a workload suffers: where its own settings lead there. Logs
 * repeat what clients of a program sent: whoever has it say their name in its log would hide its fault behind theirs.
 */
export function mayExplain(cause: Ref, { symptom, snapshot }: { symptom: Ref; snapshot: Snapshot }): boolean {
  const { namespace } = cause;
  if (namespace === undefined || namespace === symptom.namespace || namespace === systemNamespace)
    return true;
  const led = known.get(snapshot) ?? placesOf(snapshot);
  known.set(snapshot, led);
  return led.get(keyOf(symptom))?.has(namespace) ?? true;
}

/** The namespaces that the settings of each workload lead to. */
function placesOf(snapshot: Snapshot): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>();
  for (const { object, pods } of snapshot.podSets) {
    const own = new Set<string>();
    for (const { kind, metadata } of [object, ...pods]) {
      const { name, namespace = '' } = metadata;
      places.set(keyOf({ kind, name, namespace }), own);
    }
  }
  for (const { set, host } of namedAddresses(snapshot)) {
    const { kind, metadata } = set.object;
    const to = serviceAt(host, { snapshot, namespace: set.namespace })?.metadata.namespace;
    const { name, namespace = '' } = metadata;
    if (to !== undefined) places.get(keyOf({ kind, name, namespace }))?.add(to);
  }
  return places;
}
