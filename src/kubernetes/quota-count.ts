import type { ResourceQuota } from './kinds/cluster.ts';
import { ofKind } from './kinds.ts';
import type { ObjectView } from './object-view.ts';
import type { Nano } from './quantities.ts';
import { isInScope, usageOf, usageText } from './quota-usage.ts';
import { allKinds } from './schema.ts';

/** What the objects of its namespace use up of every limit of a quota. */
export function usedOf(quota: ResourceQuota, view: ObjectView): Record<string, string> {
  const used = count(view, quota);
  const texts = Object.entries(quota.spec?.hard ?? {}).map(([name, limit]) => [
    name,
    usageText(used.get(name) ?? 0n, limit),
  ]);
  return Object.fromEntries(texts);
}

function count(view: ObjectView, quota: ResourceQuota): Map<string, Nano> {
  const total = new Map<string, Nano>();
  const names = Object.keys(quota.spec?.hard ?? {});
  for (const [plural, kind] of countedKinds(view, names)) {
    for (const object of view.list(kind, quota.metadata.namespace)) {
      if (!isInScope(quota, object)) continue;
      for (const [name, amount] of usageOf(object, plural)) total.set(name, (total.get(name) ?? 0n) + amount);
    }
  }
  return total;
}

/** The kinds that a quota's limits are about, by their plural. */
function countedKinds(view: ObjectView, names: readonly string[]): Map<string, string> {
  const wanted = new Set(names.map(pluralOf));
  const custom = ofKind(view.list('CustomResourceDefinition'), 'CustomResourceDefinition').map(each => ({
    ...each.spec.names,
    group: each.spec.group,
  }));
  const found = new Map<string, string>();
  for (const { plural, kind, group } of [...allKinds(), ...custom]) {
    if (wanted.has(group === '' ? plural : `${plural}.${group}`)) found.set(plural, kind);
  }
  return found;
}

/** `deployments.apps` of `count/deployments.apps`, `services` of `services.nodeports`, `pods` of `limits.cpu`. */
function pluralOf(name: string): string {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (/(^|\/)(requests\.storage|persistentvolumeclaims)$/.test(name)) return 'persistentvolumeclaims';
  if (name.startsWith('services')) return 'services';
  return isCoreCount(name) ? name : 'pods';
}

function isCoreCount(name: string): boolean {
  return allKinds().some(({ group, plural }) => group === '' && plural === name);
}
