import type { KubeObject } from '../../kubernetes/object.ts';
import { chargeOf, difference, isInScope, unspecified, usageOf } from '../../kubernetes/quota-usage.ts';
import { trackUpdate } from '../../kubernetes/server-side-apply.ts';
import { objectOf } from '../../kubernetes/validation/problem.ts';
import { forbidden } from '../status.ts';
import type { AdmissionPlugin } from './plugin.ts';

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
    const { name } = object.metadata;
    for (const quota of concerned) {
      const missing = unspecified(quota, object);
      if (missing === '') continue;
      const why = `failed quota: ${quota.metadata.name}: must specify ${missing}`;
      throw forbidden(resource, { name, why });
    }
    const wanted = difference(usageOf(object, resource.plural), live && usageOf(live, resource.plural));
    const charges = concerned.map(quota => ({ quota, ...chargeOf(quota, wanted) }));
    for (const { quota, beyond } of charges) {
      if (beyond !== undefined)
        throw forbidden(resource, { name, why: `exceeded quota: ${quota.metadata.name}, ${beyond}` });
    }
    return () => {
      for (const { quota, used } of charges) {
        if (Object.keys(used).length === 0) continue;
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
