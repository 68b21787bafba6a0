import { findIn } from '../../kubernetes/object-view.ts';
import { viewOf } from '../cluster.ts';
import { accountOf, withAccount } from '../pod-account.ts';
import { forbidden } from '../status.ts';
import { type AdmissionPlugin, newPodSpec } from './plugin.ts';

/** Gives a pod its account and what comes with it. */
export const serviceAccount: AdmissionPlugin = {
  complete(admission) {
    const { cluster, resource, object } = admission;
    if (newPodSpec(admission) === undefined) return object;
    const name = accountOf(object);
    const { namespace } = object.metadata;
    const account = findIn(viewOf(cluster), 'ServiceAccount', { name, namespace: namespace ?? '' });
    if (account !== undefined) return withAccount(object, account);
    const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
    throw forbidden(resource, { name: object.metadata.name, why });
  },
};
