import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { amountsIn, containersOf } from '../../kubernetes/pod-amounts.ts';
import type { Nano } from '../../kubernetes/quantities.ts';
import { isInScope, type Usage, usageOf, usageText } from '../../kubernetes/quota-usage.ts';
import { trackUpdate } from '../../kubernetes/server-side-apply.ts';
import { objectOf, textOf } from '../../kubernetes/validation/problem.ts';
import { forbidden } from '../status.ts';
import type { Admission, AdmissionPlugin } from './plugin.ts';

const quotas = '/resourcequotas';
/** Who owns what is noted here. */
const server = { manager: 'kube-apiserver', subresource: 'status' } as const;

/**
 * Refuses what a quota of the namespace has no room for. What is let in is noted in the quota at once, so that the next
 * write finds it used, however many come before the quota is counted anew.
 */
export const resourceQuota: AdmissionPlugin = {
  check(admission) {
    const { cluster, resource, object, live } = admission;
    if (!resource.namespaced || (live !== undefined && !changesUse(object))) return undefined;
    const concerned = cluster.state
      .list(quotas, `${object.metadata.namespace}/`)
      .filter(quota => isInScope(quota, object));
    if (concerned.length === 0) return undefined;
    for (const quota of concerned) requireSpecified(admission, quota);
    const wanted = difference(usageOf(object, resource.plural), live && usageOf(live, resource.plural));
    const charges = concerned.flatMap(quota => chargeOf(admission, { quota, wanted }) ?? []);
    return () => {
      for (const { quota, used } of charges) {
        const status = { ...quota.status, used: { ...objectOf(quota.status, 'used'), ...used } };
        const after = { ...quota, status };
        cluster.state.put(
          quotas,
          trackUpdate({ before: quota, after, ...server, time: cluster.clock.timestamp() }),
        );
      }
    };
  },
};

/** Of an object that is there already, only what these use may grow. */
function changesUse({ kind }: KubeObject): boolean {
  return kind === 'Service' || kind === 'PersistentVolumeClaim';
}

function difference(after: Usage, before: Usage | undefined): Usage {
  return new Map([...after].map(([name, amount]) => [name, amount - (before?.get(name) ?? 0n)]));
}

/** A quota of what pods ask for takes only pods that say what they ask for. */
function requireSpecified({ resource, object }: Admission, quota: KubeObject): void {
  if (object.kind !== 'Pod') return;
  const { spec = {} } = object;
  const faults = Object.keys(objectOf(quota.status, 'hard'))
    .sort()
    .flatMap(name => {
      const [, member = 'requests', plain = ''] =
        /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(name) ?? [];
      if (plain === '') return [];
      const says = (holder: JsonObject): boolean =>
        amountsIn(objectOf(objectOf(holder, 'resources'), member)).has(plain);
      if (says(spec)) return [];
      const silent = containersOf(spec).filter(container => !says(container));
      const names = [...new Set(silent.map(each => textOf(each, 'name')))].sort();
      return names.length === 0 ? [] : [`${name} for: ${names.join(',')}`];
    });
  if (faults.length === 0) return;
  const why = `failed quota: ${quota.metadata.name}: must specify ${faults.join('; ')}`;
  throw forbidden(resource, { name: object.metadata.name, why });
}

/** What a quota has used with the object in it; undefined when it does not count it. */
function chargeOf(
  { resource, object }: Admission,
  { quota, wanted }: { quota: KubeObject; wanted: Usage },
): { quota: KubeObject; used: Record<string, string> } | undefined {
  const hard = amountsIn(objectOf(quota.status, 'hard'));
  const used = amountsIn(objectOf(quota.status, 'used'));
  const limits = objectOf(quota.status, 'hard');
  const counted = [...wanted]
    .filter(([name, amount]) => amount > 0n && hard.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (counted.length === 0) return undefined;
  const beyond = counted.filter(([name, amount]) => (used.get(name) ?? 0n) + amount > (hard.get(name) ?? 0n));
  if (beyond.length > 0) {
    const list = (amountOf: (name: string, wanted: Nano) => Nano): string =>
      beyond.map(([name, amount]) => `${name}=${usageText(amountOf(name, amount), limits[name])}`).join(',');
    const requested = list((_name, amount) => amount);
    const why = `exceeded quota: ${quota.metadata.name}, requested: ${requested}, used: ${list(name => used.get(name) ?? 0n)}, limited: ${list(name => hard.get(name) ?? 0n)}`;
    throw forbidden(resource, { name: object.metadata.name, why });
  }
  const texts = counted.map(([name, amount]): [string, string] => [
    name,
    usageText((used.get(name) ?? 0n) + amount, limits[name]),
  ]);
  return { quota, used: Object.fromEntries(texts) };
}
