import type { ResourceQuota } from '../../kubernetes/kinds/cluster.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { Nano } from '../../kubernetes/quantities.ts';
import { isInScope, usageOf, usageText } from '../../kubernetes/quota-usage.ts';
import { allKinds } from '../../kubernetes/schema.ts';
import type { ClusterView } from './controller.ts';
import { eachObject } from './each-object.ts';
import { statusOf } from './owners.ts';

/** Kinds whose objects a quota may count. Those of custom resources it counts when something else wakes it. */
const counted = allKinds()
  .filter(info => info.namespaced && info.verbs.includes('delete') && info.kind !== 'Event')
  .map(info => info.kind);

/** Counts what is used of every quota, and puts new limits into force. */
export const resourceQuotaController = eachObject('ResourceQuota', {
  name: 'resourcequota',
  watches: counted,
  concerned: (changed, view) =>
    ofKind(view.list('ResourceQuota', changed.metadata.namespace), 'ResourceQuota'),
  reconcile(quota, { view }) {
    const hard = quota.spec?.hard ?? {};
    const used = count(view, quota);
    const texts = Object.entries(hard).map(([name, limit]) => [name, usageText(used.get(name) ?? 0n, limit)]);
    return { operations: statusOf(quota, { hard, used: Object.fromEntries(texts) }) };
  },
});

function count(view: ClusterView, quota: ResourceQuota): Map<string, Nano> {
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
function countedKinds(view: ClusterView, names: readonly string[]): Map<string, string> {
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
