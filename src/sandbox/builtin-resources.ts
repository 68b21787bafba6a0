import { splitApiVersion } from '../kubernetes/object.ts';
import { allKinds, type KindInfo } from '../kubernetes/schema.ts';
import kinds from './kinds.json' with { type: 'json' };
import type { Resource } from './resource.ts';

/**
 * Kinds of a real server that the sandbox leaves out, because it could only pretend to have them: it binds no pods on
 * request, and has no components to ask for their health.
 */
const notServed = new Set(kinds.notServed);

/** The order in which a real server names its groups, and kubectl prints what is in them. */
function rankOf(group: string): number {
  const rank = kinds.groupOrder.indexOf(group);
  return rank < 0 ? kinds.groupOrder.length : rank;
}

/** The resources of a real server that the sandbox serves, in the order of its discovery. */
export const builtinResources: readonly Resource[] = allKinds()
  .filter(info => !notServed.has(`${info.apiVersion}/${info.plural}`))
  // The preferred version of a group is named first; of autoscaling that is v2.
  .sort(
    (a, b) =>
      rankOf(a.group) - rankOf(b.group) || (a.version < b.version ? 1 : a.version > b.version ? -1 : 0),
  )
  .map(resourceOf);

function resourceOf(info: KindInfo): Resource {
  const { group, version, kind, plural, singular, namespaced, verbs, shortNames, categories } = info;
  return {
    group,
    version,
    kind,
    plural,
    singular,
    namespaced,
    verbs,
    shortNames,
    categories,
    custom: false,
    subresources: info.subresources.map(sub => ({
      name: sub.name,
      kind: { ...splitApiVersion(sub.apiVersion), kind: sub.kind },
      verbs: sub.verbs,
    })),
  };
}
