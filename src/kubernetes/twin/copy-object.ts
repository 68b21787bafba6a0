import { isObject, type Json, type JsonObject, plainText } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';

/** What stands for every value of a Secret: a twin has the keys, and never a value. */
export const twinPlaceholder = 'vigie-twin-placeholder';

/** Kinds whose objects controllers of the sandbox make anew from their owners. */
const remaking = new Set(
  'Deployment ReplicaSet StatefulSet DaemonSet Job CronJob Pod Node Service'.split(' '),
);
/** Credentials of the cluster itself, and releases, which hold whole charts with their values. */
const leftSecrets = /^(kubernetes\.io\/service-account-token|bootstrap\.kubernetes\.io\/token|helm\.sh\/)/;
/** What controllers note on an object, and what kubectl, K3s and kapp keep of it with all its values. */
const notedByOthers =
  /^(kubectl\.kubernetes\.io\/last-applied-configuration|objectset\.rio\.cattle\.io\/applied|kapp\.k14s\.io\/original|deployment\.kubernetes\.io\/|deprecated\.daemonset\.|pv\.kubernetes\.io\/|volume\.(beta\.)?kubernetes\.io\/|batch\.kubernetes\.io\/job-tracking)/;
const ofJob = /^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/;
const accountVolume = /^kube-api-access-/;

const madeAnew = 'made anew by controllers';
const everywhere = 'brought by every cluster';
/** Of these reasons nothing is missing in the twin: it has its own. */
export const replaced: ReadonlySet<string> = new Set([madeAnew, everywhere]);

/** Why an object of a cluster is not copied to its twin; undefined: it is. */
export function whyNotCopied({ kind, metadata, type, status }: KubeObject): string | undefined {
  const owner = metadata.ownerReferences?.find(each => each.controller === true);
  if (owner !== undefined && remaking.has(owner.kind)) return madeAnew;
  if (metadata.deletionTimestamp !== undefined) return 'being deleted';
  if (kind === 'Secret' && typeof type === 'string' && leftSecrets.test(type))
    return 'tokens and Helm releases';
  if (metadata.labels?.['kubernetes.io/bootstrapping'] !== undefined) return everywhere;
  if (kind !== 'PersistentVolume') return undefined;
  if (metadata.annotations?.['pv.kubernetes.io/provisioned-by'] !== undefined) return madeAnew;
  return ['Available', 'Bound'].includes(plainText(status?.['phase'])) ? undefined : 'released or failed';
}

/** An object as its manifest would have it, without what the cluster added, and without a value of a Secret. */
export function copyObject(live: KubeObject): KubeObject {
  const { status: _status, metadata, ...rest } = live;
  const { name, namespace, labels } = metadata;
  const annotations = without(metadata.annotations, key => notedByOthers.test(key));
  return copyFields({
    ...rest,
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
  });
}

function copyFields(object: KubeObject): KubeObject {
  const spec = object.spec ?? {};
  switch (object.kind) {
    case 'Secret': {
      const { stringData: _plain, ...secret } = object;
      // Any tool may have kept its values there, packed so that no mask finds them.
      const { annotations: _kept, ...metadata } = object.metadata;
      const value = secret['type'] === 'kubernetes.io/dockerconfigjson' ? '{"auths":{}}' : twinPlaceholder;
      return { ...secret, metadata, data: valuesAs(secret['data'], Buffer.from(value).toString('base64')) };
    }
    case 'ConfigMap': {
      const { binaryData, ...map } = object;
      const bytes = Buffer.from(twinPlaceholder).toString('base64');
      return binaryData === undefined ? map : { ...map, binaryData: valuesAs(binaryData, bytes) };
    }
    case 'ServiceAccount': {
      const { secrets: _secrets, ...account } = object;
      return account;
    }
    case 'Namespace': {
      const { spec: _spec, ...namespace } = object;
      return namespace;
    }
    case 'Service': {
      const { clusterIPs: _i, ipFamilies: _f, ipFamilyPolicy: _p, clusterIP, ...own } = spec;
      // Addresses of the sixth version are of no network that the sandbox has.
      const kept = typeof clusterIP === 'string' && !clusterIP.includes(':');
      return { ...object, spec: { ...own, ...(kept ? { clusterIP } : {}) } };
    }
    case 'PersistentVolumeClaim': {
      const { volumeName: _volume, ...own } = spec;
      return { ...object, spec: own };
    }
    case 'PersistentVolume': {
      const { claimRef, ...own } = spec;
      if (!isObject(claimRef)) return object;
      const { uid: _uid, resourceVersion: _version, ...claim } = claimRef;
      return { ...object, spec: { ...own, claimRef: claim } };
    }
    case 'CustomResourceDefinition': {
      const { conversion: _conversion, ...own } = spec;
      return { ...object, spec: own };
    }
    case 'Job':
      return spec['manualSelector'] === true ? object : { ...object, spec: jobSpec(spec) };
    case 'Pod':
      return { ...object, spec: podSpec(spec) };
    default:
      return object;
  }
}

function jobSpec({ selector: _selector, ...spec }: JsonObject): JsonObject {
  const template = isObject(spec['template']) ? spec['template'] : {};
  const metadata = isObject(template['metadata']) ? template['metadata'] : {};
  const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
  return {
    ...spec,
    template: {
      ...template,
      metadata: { ...metadata, labels: without(labels, key => ofJob.test(key)) ?? {} },
    },
  };
}

/** A pod that nobody remakes, as it was before it was given a node, an account's token and a priority. */
function podSpec({
  nodeName: _node,
  serviceAccount: _account,
  priority: _priority,
  ...spec
}: JsonObject): JsonObject {
  const mounted = (container: Json): Json =>
    isObject(container) && Array.isArray(container['volumeMounts'])
      ? { ...container, volumeMounts: notOfAccount(container['volumeMounts']) }
      : container;
  const { volumes, containers, initContainers } = spec;
  return {
    ...spec,
    ...(Array.isArray(volumes) ? { volumes: notOfAccount(volumes) } : {}),
    ...(Array.isArray(containers) ? { containers: containers.map(mounted) } : {}),
    ...(Array.isArray(initContainers) ? { initContainers: initContainers.map(mounted) } : {}),
  };
}

function notOfAccount(named: readonly Json[]): Json[] {
  return named.filter(each => !(isObject(each) && accountVolume.test(plainText(each['name']))));
}

function valuesAs(data: unknown, value: string): JsonObject {
  return Object.fromEntries(Object.keys(isObject(data) ? data : {}).map(key => [key, value]));
}

function without<T>(
  pairs: Record<string, T> | undefined,
  isLeft: (key: string) => boolean,
): Record<string, T> | undefined {
  return pairs && Object.fromEntries(Object.entries(pairs).filter(([key]) => !isLeft(key)));
}
