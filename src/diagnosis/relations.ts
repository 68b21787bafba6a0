import { backendsOf } from '../kubernetes/ingress-backends.ts';
import { matchesLabels, requirementsOf } from '../kubernetes/selectors.ts';
import { keyOf, type Snapshot } from './snapshot.ts';

/** What stands or falls with what, by `keyOf`. */
export interface Relations {
  /** From a workload to the services in front of it, from a service to its ingresses. */
  dependents: ReadonlyMap<string, readonly string[]>;
}

/** Only what is always so: that a pod mounts a claim does not yet mean that the claim explains its fault. */
export function relationsOf(snapshot: Snapshot): Relations {
  const dependents = new Map<string, string[]>();
  const add = (from: string, to: string) => dependents.set(from, [...(dependents.get(from) ?? []), to]);
  for (const service of snapshot.of('Service')) {
    const { selector } = service.spec;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    const requirements = requirementsOf({ matchLabels: selector });
    for (const set of snapshot.podSets) {
      if (set.namespace !== service.metadata.namespace || !matchesLabels(requirements, set.labels)) continue;
      add(keyOf(place(set.object)), keyOf(place(service)));
    }
  }
  for (const ingress of snapshot.of('Ingress')) {
    const { namespace = '' } = ingress.metadata;
    for (const { service } of backendsOf(ingress))
      add(keyOf({ kind: 'Service', name: service, namespace }), keyOf(place(ingress)));
  }
  for (const autoscaler of snapshot.of('HorizontalPodAutoscaler')) {
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    const { namespace = '' } = autoscaler.metadata;
    add(keyOf({ kind, name, namespace }), keyOf(place(autoscaler)));
  }
  return { dependents };
}

function place({ kind, metadata }: { kind: string; metadata: { name: string; namespace?: string } }) {
  const { name, namespace } = metadata;
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
