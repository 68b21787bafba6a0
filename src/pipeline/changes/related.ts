import type { KubeReader, ListQuery } from '../../clients/kube/reader.ts';
import { VigieError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import { backendsOf } from '../../kubernetes/ingress-backends.ts';
import { isKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { selectorText } from '../../kubernetes/selectors.ts';

// An Ingress of more is looked at in part, which is said.
const mostBackends = 10;

/** What was read around an object to judge it. */
export interface Around {
  related: KubeObject[];
  /** The selector of its pods and where that list stood; absent: it has none, or they may not be seen. */
  pods?: { labelSelector: string; resourceVersion: string };
  /** What may not be seen with these credentials, in the words of a sentence. */
  unseen: string[];
}

/** The objects that tell of an object's health: pods and replica sets, endpoints, backends, the class of a claim. */
export async function readAround(object: KubeObject, reader: KubeReader): Promise<Around> {
  const around: Around = { related: [], unseen: [] };
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return around;
  const see = seeingInto(around, reader);
  if (isKind(object, 'Service')) {
    // It stands for itself among them: that there are no slices was then seen, and not only not looked for.
    if (await see(slicesOf(name, namespace), 'endpoint slices')) around.related.push(object);
  } else if (isKind(object, 'Ingress')) {
    const names = backendsOf(object);
    for (const backend of names.slice(0, mostBackends)) {
      const service = await seeOne(reader, { kind: 'Service', name: backend, namespace });
      if (service === 'unseen') around.unseen.push('services');
      else if (service !== undefined) around.related.push(service);
      await see(slicesOf(backend, namespace), 'endpoint slices');
    }
    if (!around.unseen.includes('services')) around.related.push(object);
    if (names.length > mostBackends) around.unseen.push(`${names.length - mostBackends} more services`);
  } else if (isKind(object, 'PersistentVolumeClaim')) {
    const { storageClassName } = object.spec;
    if (storageClassName !== undefined && storageClassName !== '' && object.status?.phase === 'Pending') {
      const found = await seeOne(reader, { kind: 'StorageClass', name: storageClassName });
      if (found === 'unseen') around.unseen.push('storage classes');
      else if (found !== undefined) around.related.push(found);
    }
  } else if (isKind(object, 'Pod')) {
    around.related.push(object);
  } else {
    const selector = object.spec?.['selector'];
    const labelSelector = isObject(selector) ? selectorText(selector) : '';
    if (labelSelector === '' || !makesPods(object)) return around;
    const listed = await see({ kind: 'Pod', apiVersion: 'v1', namespace, labelSelector }, 'pods');
    if (listed !== undefined) around.pods = { labelSelector, resourceVersion: listed.resourceVersion };
    if (isKind(object, 'Deployment'))
      await see({ kind: 'ReplicaSet', apiVersion: 'apps/v1', namespace, labelSelector }, 'replica sets');
  }
  return around;
}

/** The events about some objects; undefined where they may not be seen. */
export async function eventsAbout(
  objects: readonly KubeObject[],
  reader: KubeReader,
): Promise<KubeObject[] | undefined> {
  const around: Around = { related: [], unseen: [] };
  const see = seeingInto(around, reader);
  for (const { metadata } of objects) {
    if (metadata.uid === undefined || metadata.namespace === undefined) continue;
    const fieldSelector = `involvedObject.uid=${metadata.uid}`;
    await see({ kind: 'Event', apiVersion: 'v1', namespace: metadata.namespace, fieldSelector }, 'events');
  }
  return around.unseen.length > 0 ? undefined : around.related;
}

function makesPods(object: KubeObject): boolean {
  return (['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'] as const).some(kind =>
    isKind(object, kind),
  );
}

function slicesOf(service: string, namespace: string): ListQuery {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  return { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', namespace, labelSelector };
}

/** Reads lists into what is around an object. Who may change a workload and not see its pods still has what it says of itself. */
function seeingInto(around: Around, reader: KubeReader) {
  return async (query: ListQuery, name: string): Promise<{ resourceVersion: string } | undefined> => {
    try {
      const page = await reader.list({ ...query, limit: limits.listPage });
      around.related.push(...page.items);
      return page;
    } catch (error) {
      if (!cannotBeSeen(error)) throw error;
      if (!around.unseen.includes(name)) around.unseen.push(name);
      return undefined;
    }
  };
}

async function seeOne(
  reader: KubeReader,
  ref: { kind: string; name: string; namespace?: string },
): Promise<KubeObject | 'unseen' | undefined> {
  try {
    return await reader.find(ref);
  } catch (error) {
    if (!cannotBeSeen(error)) throw error;
    return 'unseen';
  }
}

function cannotBeSeen(error: unknown): boolean {
  // An old server serves no such version: nobody can look there.
  return error instanceof VigieError && (error.code === 'FORBIDDEN' || error.code === 'UNKNOWN_KIND');
}
