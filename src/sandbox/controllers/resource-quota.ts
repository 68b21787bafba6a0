import { ofKind } from '../../kubernetes/kinds.ts';
import { usedOf } from '../../kubernetes/quota-count.ts';
import { allKinds } from '../../kubernetes/schema.ts';
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
    return { operations: statusOf(quota, { hard, used: usedOf(quota, view) }) };
  },
});
