import { canonicalJson, isObject, type Json, type JsonObject, objectsIn } from '../core/json.ts';
import type { KubeObject } from './object.ts';
import { withProtection } from './protection.ts';

/*
 * What the API server decides by itself when an object is made: addresses, ports, the first status. Defaults that
 * follow from the object alone are not here: those are pure and shared with the client.
 */

/** What is given out once in a cluster. */
export interface Allocator {
  /** An address for a service that no other has. */
  address(): string;
  /** A port of the nodes that no service has; one that was handed out is taken. */
  nodePort(): number;
}

/** The new object with everything that the server allocates. */
export function allocate(object: KubeObject, free: Allocator): KubeObject {
  switch (object.kind) {
    case 'Namespace':
      return allocateNamespace(object);
    case 'Service':
      return object.apiVersion === 'v1' ? allocateService(object, free) : object;
    case 'Pod':
      return allocatePod(object);
    case 'Job':
      return object.apiVersion === 'batch/v1' ? allocateJob(object) : object;
    case 'PersistentVolumeClaim':
      return withFirstStatus(withProtection(object), { phase: 'Pending' });
    case 'PersistentVolume': {
      const { creationTimestamp: lastPhaseTransitionTime } = object.metadata;
      return withFirstStatus(withProtection(object), { phase: 'Pending', lastPhaseTransitionTime });
    }
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'CronJob':
      return object.apiVersion.endsWith('/v1') ? withFirstStatus(object, firstStatus(object.kind)) : object;
    default:
      return object;
  }
}

/** An update that leaves out what the server allocated keeps it, unless it asks for a form that has no use for it. */
export function keepAllocated(
  { live, after }: { live: KubeObject; after: KubeObject },
  free: Allocator,
): KubeObject {
  const { spec: before = {} } = live;
  const { spec = {} } = after;
  switch (`${after.apiVersion} ${after.kind}`) {
    case 'v1 Namespace':
      return live.metadata.deletionTimestamp === undefined
        ? { ...after, spec: { finalizers: before['finalizers'], ...spec } }
        : after;
    case 'v1 Pod':
      return { ...after, spec: { ...spec, tolerations: withEvictionTolerations(spec) } };
    case 'v1 Service':
      return allocateService({ ...after, spec: keptOfService(spec, before) }, free);
    case 'apps/v1 DaemonSet':
      return withTemplateCount(live, after);
    default:
      return after;
  }
}

/** Counts the templates of a DaemonSet, as it was done before there were generations. */
function withTemplateCount(live: KubeObject, after: KubeObject): KubeObject {
  const key = 'deprecated.daemonset.template.generation';
  const was = Number(live.metadata.annotations?.[key] ?? 1);
  const isKept = isSame(after.spec?.['template'], live.spec?.['template']);
  const annotations = { ...after.metadata.annotations, [key]: String(isKept ? was : was + 1) };
  return { ...after, metadata: { ...after.metadata, annotations } };
}

const addressFields = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

function keptOfService(spec: JsonObject, before: JsonObject): JsonObject {
  const kept = { ...spec };
  const isNamed = spec['type'] === 'ExternalName';
  const isClosed = isNamed || (spec['type'] ?? 'ClusterIP') === 'ClusterIP';
  if (isNamed) delete kept['internalTrafficPolicy'];
  for (const name of addressFields) {
    if (isNamed && isSame(spec[name], before[name])) delete kept[name];
    if (!isNamed) kept[name] ??= before[name];
  }
  if (isClosed && isSame(spec['externalTrafficPolicy'], before['externalTrafficPolicy'])) {
    delete kept['externalTrafficPolicy'];
  }
  const ports = objectsIn(spec['ports']);
  const old = objectsIn(before['ports']);
  const withNodePort = (port: JsonObject): JsonObject => {
    const same = old.find(
      each => each['port'] === port['port'] && each['protocol'] === (port['protocol'] ?? 'TCP'),
    );
    const { nodePort, ...rest } = port;
    if (isClosed && nodePort === same?.['nodePort']) return rest;
    return nodePort === undefined && !isClosed && same?.['nodePort'] !== undefined
      ? { ...port, nodePort: same['nodePort'] }
      : port;
  };
  return ports.length === 0 ? kept : { ...kept, ports: ports.map(withNodePort) };
}

function isSame(left: Json | undefined, right: Json | undefined): boolean {
  return canonicalJson(left ?? null) === canonicalJson(right ?? null);
}

function withFirstStatus(object: KubeObject, status: JsonObject): KubeObject {
  return { ...object, status: { ...status, ...object.status } };
}

function firstStatus(kind: string): JsonObject {
  switch (kind) {
    case 'ReplicaSet':
    case 'StatefulSet':
      return kind === 'StatefulSet' ? { availableReplicas: 0, replicas: 0 } : { replicas: 0 };
    case 'DaemonSet':
      return {
        currentNumberScheduled: 0,
        desiredNumberScheduled: 0,
        numberMisscheduled: 0,
        numberReady: 0,
      };
    default:
      return {};
  }
}

function allocateNamespace(object: KubeObject): KubeObject {
  const { name, labels } = object.metadata;
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
    spec: { ...object.spec, finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function allocateService(object: KubeObject, free: Allocator): KubeObject {
  const spec: JsonObject = { ...object.spec };
  if (spec['type'] !== 'ExternalName' && spec['clusterIP'] === undefined) {
    const address = free.address();
    spec['clusterIP'] = address;
    spec['clusterIPs'] = [address];
  } else if (typeof spec['clusterIP'] === 'string' && spec['clusterIPs'] === undefined) {
    spec['clusterIPs'] = [spec['clusterIP']];
  }
  if (spec['type'] !== 'ExternalName') {
    // A name alone, whose endpoints somebody else writes, may be of either family.
    const nameAlone = spec['clusterIP'] === 'None' && spec['selector'] === undefined;
    spec['ipFamilies'] ??= nameAlone ? ['IPv4', 'IPv6'] : ['IPv4'];
    spec['ipFamilyPolicy'] ??= nameAlone ? 'RequireDualStack' : 'SingleStack';
  }
  if ((spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer') && Array.isArray(spec['ports'])) {
    spec['ports'] = spec['ports'].map(port =>
      !isObject(port) || port['nodePort'] !== undefined ? port : { ...port, nodePort: free.nodePort() },
    );
  }
  return withFirstStatus({ ...object, spec }, { loadBalancer: {} });
}

/** How long a pod stays on a node that is in trouble unless it says otherwise. */
const evictionTolerations: readonly JsonObject[] = ['not-ready', 'unreachable'].map(trouble => ({
  key: `node.kubernetes.io/${trouble}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

function withEvictionTolerations({ tolerations }: JsonObject): JsonObject[] {
  const given = objectsIn(tolerations);
  // One without a key tolerates every taint, one without an effect every effect.
  const missing = evictionTolerations.filter(
    each =>
      !given.some(
        ({ key, effect }) => (!key || key === each['key']) && (!effect || effect === each['effect']),
      ),
  );
  return [...given, ...missing.map(each => ({ ...each }))];
}

function allocatePod(object: KubeObject): KubeObject {
  const account = object.spec?.['serviceAccountName'] ?? 'default';
  const spec: JsonObject = {
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    ...object.spec,
    serviceAccountName: account,
    serviceAccount: account,
    tolerations: withEvictionTolerations(object.spec ?? {}),
  };
  return withFirstStatus({ ...object, spec }, { phase: 'Pending', qosClass: qualityOfService(spec) });
}

/** The class by which a node under pressure chooses whom to end first; it follows from requests and limits. */
export function qualityOfService(spec: JsonObject): string {
  const containers = [spec['containers'], spec['initContainers']].flatMap(objectsIn);
  const amounts = containers.map(container => {
    const resources = isObject(container['resources']) ? container['resources'] : {};
    const { requests, limits } = resources;
    return { requests: isObject(requests) ? requests : {}, limits: isObject(limits) ? limits : {} };
  });
  const named = ['cpu', 'memory'];
  if (
    amounts.every(({ requests, limits }) =>
      named.every(name => requests[name] === undefined && limits[name] === undefined),
    )
  ) {
    return 'BestEffort';
  }
  const guaranteed = amounts.every(({ requests, limits }) =>
    named.every(name => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** A job selects its pods by its own uid unless it is told to do otherwise. */
function allocateJob(object: KubeObject): KubeObject {
  const { uid, name } = object.metadata;
  if (object.spec?.['manualSelector'] === true || uid === undefined) return withFirstStatus(object, {});
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = isObject(object.spec?.['template']) ? object.spec['template'] : {};
  const metadata = isObject(template['metadata']) ? template['metadata'] : {};
  const given = isObject(metadata['labels']) ? metadata['labels'] : {};
  const spec: JsonObject = {
    ...object.spec,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: { ...template, metadata: { ...metadata, labels: { ...given, ...labels } } },
  };
  return withFirstStatus({ ...object, spec }, {});
}

/** The status of a definition whose resources are served. */
export function establishedStatus(object: KubeObject, time: string): JsonObject {
  const names = isObject(object.spec?.['names']) ? object.spec['names'] : {};
  const versions = object.spec?.['versions'];
  const stored = Array.isArray(versions)
    ? versions.filter(isObject).filter(each => each['storage'] === true)
    : [];
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: time,
    reason,
    message,
  });
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
    storedVersions: stored.map(each => each['name'] ?? null),
  };
}
