import { isObject, type JsonObject } from '../core/json.ts';
import type { ServiceAccount } from '../kubernetes/kinds/access.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { listOf } from '../kubernetes/validation/problem.ts';
import facts from './bootstrap.json' with { type: 'json' };
import { lettersFrom } from './controllers/naming.ts';

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const tokenVolume = 'kube-api-access-';

/** The account that a pod asks for. */
export function accountOf({ spec }: KubeObject): string {
  const named = isObject(spec) ? spec['serviceAccountName'] : undefined;
  return typeof named === 'string' ? named : 'default';
}

/** A pod with what its account gives it: pull secrets and, unless either declines, a token in every container. */
export function withAccount(pod: KubeObject, account: ServiceAccount): KubeObject {
  const { imagePullSecrets = [], automountServiceAccountToken = true } = account;
  const given = pod.spec ?? {};
  const { name } = account.metadata;
  const pulls = imagePullSecrets.length > 0 && listOf(given, 'imagePullSecrets').length === 0;
  const spec = {
    ...given,
    serviceAccountName: name,
    serviceAccount: name,
    ...(pulls ? { imagePullSecrets } : {}),
  };
  const wanted = given['automountServiceAccountToken'] ?? automountServiceAccountToken;
  return { ...pod, spec: wanted === true ? withToken(spec, pod.metadata.uid ?? '') : spec };
}

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
    volumes: present === undefined ? [...volumes, { name, projected: facts.tokenVolume }] : volumes,
  };
}
