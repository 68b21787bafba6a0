import type { JsonObject } from '../../core/json.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import { listOf } from '../../kubernetes/validation/problem.ts';
import { lettersFrom } from '../controllers/naming.ts';
import { forbidden } from '../status.ts';
import { type AdmissionPlugin, newPodSpec } from './plugin.ts';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenVolume = 'kube-api-access-';
// An hour and what a kubelet needs to renew it, as the real server writes it.
const tokenSeconds = 3607;

/** Gives a pod its account, the account's pull secrets and, unless either declines, a token in every container. */
export const serviceAccount: AdmissionPlugin = {
  complete(admission) {
    const { cluster, resource, object } = admission;
    const given = newPodSpec(admission);
    if (given === undefined) return object;
    const name = typeof given['serviceAccountName'] === 'string' ? given['serviceAccountName'] : 'default';
    const { namespace } = object.metadata;
    const account = cluster.state.get('/serviceaccounts', `${namespace}/${name}`);
    if (account === undefined || !isKind(account, 'ServiceAccount')) {
      const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
      throw forbidden(resource, { name: object.metadata.name, why });
    }
    const { imagePullSecrets = [], automountServiceAccountToken = true } = account;
    const spec = {
      ...given,
      serviceAccountName: name,
      serviceAccount: name,
      ...(imagePullSecrets.length > 0 && listOf(given, 'imagePullSecrets').length === 0
        ? { imagePullSecrets }
        : {}),
    };
    const wanted = given['automountServiceAccountToken'] ?? automountServiceAccountToken;
    return { ...object, spec: wanted === true ? withToken(spec, object.metadata.uid ?? '') : spec };
  },
};

function withToken(spec: JsonObject, uid: string): JsonObject {
  const volumes = listOf(spec, 'volumes');
  const present = volumes.find(({ name }) => typeof name === 'string' && name.startsWith(tokenVolume));
  const name =
    typeof present?.['name'] === 'string' ? present['name'] : `${tokenVolume}${lettersFrom(uid, 5)}`;
  let mounts = 0;
  const mounted = (list: 'containers' | 'initContainers'): JsonObject[] =>
    listOf(spec, list).map(container => {
      const given = listOf(container, 'volumeMounts');
      if (given.some(mount => mount['mountPath'] === tokenPath)) return container;
      mounts++;
      return { ...container, volumeMounts: [...given, { name, readOnly: true, mountPath: tokenPath }] };
    });
  const containers = mounted('containers');
  const initContainers = mounted('initContainers');
  if (mounts === 0) return spec;
  return {
    ...spec,
    containers,
    ...(initContainers.length > 0 ? { initContainers } : {}),
    volumes: present === undefined ? [...volumes, { name, projected: tokenSources() }] : volumes,
  };
}

function tokenSources(): JsonObject {
  return {
    sources: [
      { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  };
}
