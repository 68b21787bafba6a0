import { ofKind } from '../../kubernetes/kinds.ts';
import { usedOf } from '../../kubernetes/quota-count.ts';
import { eachObject } from './each-object.ts';
import { namespacedKinds } from './garbage.ts';
import { statusOf } from './owners.ts';

/** Counts what is used of every quota, and puts new limits into force. Custom resources it counts when something else wakes it. */
export const resourceQuotaController = eachObject('ResourceQuota', {
  name: 'resourcequota',
  watches: namespacedKinds,
  concerned: (changed, view) =>
    ofKind(view.list('ResourceQuota', changed.metadata.namespace), 'ResourceQuota'),
  reconcile(quota, { view }) {
    const hard = quota.spec?.hard ?? {};
    return { operations: statusOf(quota, { hard, used: usedOf(quota, view) }) };
  },
});
