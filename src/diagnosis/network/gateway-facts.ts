import { type JsonObject, listOf, memberOf, textOf, textsIn } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Snapshot } from '../snapshot.ts';
import { namespaceLabels } from './policy-paths.ts';

// The Gateway API: custom kinds, whose fields nobody has checked.

/** One way in of a Gateway. */
export interface Listener {
  name: string;
  hostname: string;
  port: number | undefined;
  /** `spec.listeners[0]`. */
  at: string;
  fields: JsonObject;
}

export function listenersOf(gateway: KubeObject): Listener[] {
  return listOf(gateway.spec, 'listeners').map((fields, index) => ({
    name: textOf(fields, 'name'),
    hostname: textOf(fields, 'hostname').toLowerCase(),
    port: portIn(fields),
    at: `spec.listeners[${index}]`,
    fields,
  }));
}

function portIn({ port }: JsonObject): number | undefined {
  return typeof port === 'number' ? port : undefined;
}

/** What a route, a listener or a gateway refers to. */
export interface Reference {
  group: string;
  kind: string;
  name: string;
  namespace: string;
  port: number | undefined;
  sectionName: string;
  at: string;
}

/** A reference with what its kind of field means where it leaves something out. */
export function referenceIn(
  fields: JsonObject,
  { at, kind, group, namespace }: { at: string; kind: string; group: string; namespace: string },
): Reference {
  return {
    group: typeof fields['group'] === 'string' ? fields['group'] : group,
    kind: textOf(fields, 'kind') || kind,
    name: textOf(fields, 'name'),
    namespace: textOf(fields, 'namespace') || namespace,
    port: portIn(fields),
    sectionName: textOf(fields, 'sectionName'),
    at,
  };
}

/** Whether a listener takes routes of a namespace: of its own unless it says otherwise. */
export function allowsNamespace(
  listener: Listener,
  { gateway, namespace, snapshot }: { gateway: KubeObject; namespace: string; snapshot: Snapshot },
): boolean {
  const namespaces = memberOf(memberOf(listener.fields, 'allowedRoutes'), 'namespaces');
  switch (textOf(namespaces, 'from') || 'Same') {
    case 'All':
      return true;
    case 'Selector': {
      // By which labels a namespace is known that nobody read, only the server could say.
      if (snapshot.find('Namespace', { name: namespace }) === undefined) return true;
      return matchesLabels(
        requirementsOf(memberOf(namespaces, 'selector') ?? {}),
        namespaceLabels(namespace, snapshot),
      );
    }
    case 'Same':
      return namespace === gateway.metadata.namespace;
    default:
      return false;
  }
}

/** Whether a host of a route and one of a listener have a host in common; a wildcard stands for one label and more. */
export function hostsMeet(one: string, other: string): boolean {
  if (one === '' || other === '' || one === other) return true;
  if (one.startsWith('*.') && other.startsWith('*.'))
    return one.endsWith(other.slice(1)) || other.endsWith(one.slice(1));
  if (one.startsWith('*.')) return other.endsWith(one.slice(1));
  return other.startsWith('*.') && one.endsWith(other.slice(1));
}

/** Whether somebody in the namespace of `to` lets `from` refer there. */
export function isGranted(
  { from, to }: { from: { group: string; kind: string; namespace: string }; to: Reference },
  snapshot: Snapshot,
): boolean {
  if (from.namespace === to.namespace) return true;
  return snapshot.list('ReferenceGrant', to.namespace).some(({ spec }) => {
    const fits = listOf(spec, 'from').some(
      each =>
        textOf(each, 'group') === from.group &&
        textOf(each, 'kind') === from.kind &&
        textOf(each, 'namespace') === from.namespace,
    );
    const reaches = listOf(spec, 'to').some(
      each =>
        textOf(each, 'group') === to.group &&
        textOf(each, 'kind') === to.kind &&
        ['', to.name].includes(textOf(each, 'name')),
    );
    return fits && reaches;
  });
}

/** A condition of a status whose form nobody has checked. */
export function conditionIn(fields: JsonObject | undefined, type: string): JsonObject | undefined {
  return listOf(fields, 'conditions').find(each => each['type'] === type);
}

export function hostnamesOf(route: KubeObject): string[] {
  return textsIn(route.spec?.['hostnames']).map(each => each.toLowerCase());
}
