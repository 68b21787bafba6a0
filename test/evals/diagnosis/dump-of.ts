import { isObject, type JsonObject, objectsIn, textIn } from '../../../src/core/json.ts';
import type { SnapshotData } from '../../../src/diagnosis/snapshot.ts';
import type { Event } from '../../../src/kubernetes/kinds/event.ts';
import type { KubeObject } from '../../../src/kubernetes/object.ts';
import { neighbours, nodeNames, nodeOf, systemObjects, takenMs } from './base.ts';
import { type Life, type Living, well } from './lives.ts';
import { object } from './objects.ts';
import type { Place, Planted } from './world.ts';

// What a cluster's own controllers would have written about what is declared, so that a dump can be made as data.

const minute = 60_000;
const day = 1_440 * minute;
const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** How the dump differs from a plain one. */
export interface Shape {
  /** Planted objects have no status, no pods and no events. */
  specOnly?: boolean;
  /** Further objects beside the neighbours, derived as they are. */
  beside?: Planted;
  plain?: boolean;
}

/** A whole cluster as data, with what is planted in one namespace. */
export function dumpOf(
  at: Place,
  planted: Planted,
  { specOnly = false, beside, plain = false }: Shape = {},
): SnapshotData {
  const made = new Made(takenMs);
  const nodes = new Set([...nodeNames, ...Object.keys(planted.nodes ?? {})]);
  for (const name of nodes)
    made.objects.push(...nodeOf(name, planted.nodes?.[name] ?? beside?.nodes?.[name]));
  made.addAll(withSystemChanges(systemObjects([at.namespace]), planted), at, planted);
  if (!plain) made.addAll(neighbours(at), at, { objects: [], labels: [] });
  if (beside !== undefined) made.addAll(beside.objects, at, beside);
  if (specOnly) made.objects.push(...planted.objects.map(each => aged(each, takenMs - 10 * minute)));
  else made.addAll(planted.objects, at, planted);
  made.addSlices();
  if (!specOnly) made.tell(planted);
  if (beside !== undefined) made.tell(beside);
  return {
    takenAt: new Date(takenMs),
    objects: made.objects,
    events: made.events,
    logs: made.logs,
    ...(planted.changes === undefined ? {} : { changes: planted.changes }),
  };
}

/** A planted object of the system's replaces the one of the same name. */
function withSystemChanges(objects: KubeObject[], planted: Planted): KubeObject[] {
  const key = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.namespace}/${metadata.name}`;
  const replaced = new Set(planted.objects.map(key));
  return objects.filter(each => !replaced.has(key(each)));
}

function aged(each: KubeObject, bornMs: number): KubeObject {
  const { metadata } = each;
  return {
    ...each,
    metadata: {
      uid: `uid-${each.kind}-${metadata.namespace ?? ''}-${metadata.name}`.toLowerCase(),
      resourceVersion: '4711',
      generation: 1,
      creationTimestamp: iso(bornMs),
      ...metadata,
    },
  };
}

class Made {
  readonly objects: KubeObject[] = [];
  readonly events: Event[] = [];
  readonly logs = new Map<string, { lines: readonly string[]; previous: boolean }>();
  readonly #nowMs: number;
  #placed = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  addAll(objects: readonly KubeObject[], at: Place, planted: Planted): void {
    const baseOf = (name: string, among: object | undefined) =>
      Object.keys(among ?? {}).find(base => at.name(base) === name || base === name);
    for (const given of objects) {
      const each = aged(given, this.#nowMs - 3 * day);
      const lifeKey = baseOf(each.metadata.name, planted.lives);
      const madeKey = baseOf(each.metadata.name, planted.made);
      const statusKey = baseOf(each.metadata.name, planted.statuses);
      const replacedKey = baseOf(each.metadata.name, planted.replaced);
      this.#addOne(each, {
        replaced: replacedKey === undefined ? 0 : (planted.replaced?.[replacedKey] ?? 0),
        life: lifeKey === undefined ? well : (planted.lives?.[lifeKey] ?? well),
        made: madeKey === undefined ? undefined : planted.made?.[madeKey],
        status: statusKey === undefined ? {} : (planted.statuses?.[statusKey] ?? {}),
      });
    }
  }

  #addOne(
    each: KubeObject,
    how: { life: Life; made: number | undefined; replaced: number; status: JsonObject },
  ): void {
    const spec = each.spec ?? {};
    const replicas = typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
    const bornMs = this.#nowMs - 40 * minute;
    switch (each.kind) {
      case 'Deployment': {
        const set = aged(
          {
            ...object(
              { namespace: each.metadata.namespace ?? '' },
              'ReplicaSet',
              `${each.metadata.name}-7d9c5b8f6`,
              {
                apiVersion: 'apps/v1',
                spec: { replicas, selector: spec['selector'], template: spec['template'] },
              },
            ),
          },
          bornMs,
        );
        const hash = 'pod-template-hash';
        set.metadata.labels = { ...labelsIn(spec['template']), [hash]: '7d9c5b8f6' };
        set.metadata.annotations = { 'deployment.kubernetes.io/revision': '1' };
        set.metadata.ownerReferences = [ownerOf(each)];
        const pods = this.#pods(set, {
          ...how,
          wanted: replicas,
          names: index => `${set.metadata.name}-${suffix(index)}`,
        });
        const ready = pods.filter(isReady).length;
        set.status = {
          replicas: pods.length,
          readyReplicas: ready,
          availableReplicas: ready,
          observedGeneration: 1,
        };
        const stuck = ready < replicas;
        this.objects.push(set, {
          ...each,
          metadata: {
            ...each.metadata,
            annotations: { 'deployment.kubernetes.io/revision': '1', ...each.metadata.annotations },
          },
          status: {
            observedGeneration: 1,
            replicas: pods.length,
            updatedReplicas: pods.length,
            ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
            ...(stuck ? { unavailableReplicas: replicas - ready } : {}),
            conditions: [
              condition(
                'Available',
                !stuck,
                stuck ? 'MinimumReplicasUnavailable' : 'MinimumReplicasAvailable',
                stuck
                  ? 'Deployment does not have minimum availability.'
                  : 'Deployment has minimum availability.',
                bornMs,
              ),
              condition(
                'Progressing',
                !stuck,
                stuck ? 'ProgressDeadlineExceeded' : 'NewReplicaSetAvailable',
                stuck
                  ? `ReplicaSet "${set.metadata.name}" has timed out progressing.`
                  : `ReplicaSet "${set.metadata.name}" has successfully progressed.`,
                bornMs + 2 * minute,
              ),
              ...(pods.length < replicas
                ? [condition('ReplicaFailure', true, 'FailedCreate', textIn(how.status['refused']), bornMs)]
                : []),
            ],
            ...without(how.status, 'refused'),
          },
        });
        return;
      }
      case 'ReplicaSet':
      case 'StatefulSet': {
        const pods = this.#pods(each, {
          ...how,
          wanted:
            how.made === undefined && each.kind === 'StatefulSet'
              ? how.life === well
                ? replicas
                : 1
              : replicas,
          names: index => `${each.metadata.name}-${each.kind === 'StatefulSet' ? index : suffix(index)}`,
        });
        const ready = pods.filter(isReady).length;
        this.objects.push({
          ...each,
          status: {
            observedGeneration: 1,
            replicas: pods.length,
            readyReplicas: ready,
            availableReplicas: ready,
            currentReplicas: pods.length,
            updatedReplicas: pods.length,
            currentRevision: `${each.metadata.name}-6b7f9c`,
            updateRevision: `${each.metadata.name}-6b7f9c`,
            collisionCount: 0,
            ...without(how.status, 'refused'),
          },
        });
        return;
      }
      case 'DaemonSet': {
        const nodes = tolerates(spec) ? nodeNames : nodeNames.filter(name => !name.startsWith('gpu'));
        const wanted = how.made ?? nodes.length;
        const pods = this.#pods(each, {
          ...how,
          wanted,
          names: index => `${each.metadata.name}-${suffix(index)}`,
          nodes,
        });
        const ready = pods.filter(isReady).length;
        this.objects.push({
          ...each,
          status: {
            observedGeneration: 1,
            desiredNumberScheduled: wanted,
            currentNumberScheduled: wanted,
            numberReady: ready,
            numberAvailable: ready,
            numberMisscheduled: 0,
            updatedNumberScheduled: wanted,
            ...(ready < wanted ? { numberUnavailable: wanted - ready } : {}),
            ...without(how.status, 'refused'),
          },
        });
        return;
      }
      case 'Job': {
        const pods = this.#pods(each, {
          ...how,
          wanted: 1,
          names: index => `${each.metadata.name}-${suffix(index)}`,
        });
        const gone = pods.filter(pod => pod.status?.['phase'] === 'Failed').length;
        this.objects.push({
          ...each,
          status: {
            startTime: iso(bornMs),
            ...(gone > 0 ? { failed: gone } : { active: pods.length, ready: pods.filter(isReady).length }),
            ...how.status,
          },
        });
        return;
      }
      case 'Pod': {
        this.#pod(each, { life: how.life, bornMs });
        return;
      }
      case 'PersistentVolumeClaim': {
        this.objects.push(each.status === undefined ? { ...each, ...boundStatus(each, how.status) } : each);
        if (each.status === undefined && how.status['phase'] === undefined)
          this.objects.push(aged(volumeFor(each), bornMs));
        return;
      }
      default:
        this.objects.push(Object.keys(how.status).length === 0 ? each : { ...each, status: how.status });
    }
  }

  #pods(
    owner: KubeObject,
    how: {
      life: Life;
      made: number | undefined;
      replaced: number;
      wanted: number;
      names: (index: number) => string;
      nodes?: readonly string[];
    },
  ): KubeObject[] {
    const template = isObject(owner.spec?.['template']) ? owner.spec['template'] : {};
    const bornMs = this.#nowMs - 40 * minute;
    const count = how.made ?? how.wanted;
    const all = Array.from({ length: count + how.replaced }, (_, index) => {
      const name = how.names(index);
      const pod = aged(
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name,
            ...(owner.metadata.namespace === undefined ? {} : { namespace: owner.metadata.namespace }),
            labels: {
              ...labelsIn(template),
              ...(owner.kind === 'ReplicaSet' ? { 'pod-template-hash': '7d9c5b8f6' } : {}),
            },
            ownerReferences: [ownerOf(owner)],
          },
          spec: isObject(template['spec']) ? template['spec'] : {},
        },
        bornMs,
      );
      return this.#pod(pod, {
        life: how.replaced > 0 && index < count ? well : how.life,
        bornMs,
        ...(how.nodes === undefined ? {} : { node: how.nodes[index] ?? 'node-1' }),
      });
    });
    return all.slice(0, count);
  }

  #pod(pod: KubeObject, { life, bornMs, node }: { life: Life; bornMs: number; node?: string }): KubeObject {
    const living: Living = life(pod, { nowMs: this.#nowMs, bornMs });
    const { nodeSelector } = pod.spec ?? {};
    const asked = isObject(nodeSelector) ? textIn(nodeSelector['kubernetes.io/hostname']) : '';
    const on = node ?? (nodeNames.includes(asked) ? asked : (nodeNames[this.#placed++ % 3] ?? 'node-1'));
    const address = `10.244.${nodeNames.indexOf(on) + 1}.${10 + (this.#placed++ % 200)}`;
    const status =
      living.status['podIP'] === undefined
        ? living.status
        : { ...living.status, podIP: address, podIPs: [{ ip: address }] };
    const full: KubeObject = {
      ...pod,
      spec: {
        serviceAccountName: 'default',
        restartPolicy: 'Always',
        ...pod.spec,
        ...(living.nowhere === true ? {} : { nodeName: on }),
      },
      status,
    };
    this.objects.push(full);
    for (const told of living.events) this.#event(full, told, on);
    if (living.log !== undefined) {
      const { container, lines, previous } = living.log;
      this.logs.set(`${pod.metadata.namespace}/${pod.metadata.name}/${container}`, { lines, previous });
    }
    return full;
  }

  #event(
    about: KubeObject,
    told: { reason: string; message: string; type?: 'Normal'; count?: number; from?: string },
    host?: string,
  ): void {
    const { kind, apiVersion, metadata } = about;
    const component = told.from ?? 'kubelet';
    this.events.push({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${metadata.name}.18${(this.events.length + 4096).toString(16)}`,
        namespace: metadata.namespace ?? 'default',
        creationTimestamp: iso(this.#nowMs - 39 * minute),
      },
      involvedObject: {
        kind,
        apiVersion,
        name: metadata.name,
        uid: metadata.uid ?? '',
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      },
      reason: told.reason,
      message: told.message,
      type: told.type ?? 'Warning',
      count: told.count ?? 3,
      firstTimestamp: iso(this.#nowMs - 39 * minute),
      lastTimestamp: iso(this.#nowMs - minute),
      source: { component, ...(component === 'kubelet' && host !== undefined ? { host } : {}) },
      reportingComponent: component,
    });
  }

  tell({ events = [] }: Planted): void {
    for (const { about, ...told } of events) {
      const { kind, name, namespace } = about;
      const found = this.objects.find(
        each => each.kind === kind && each.metadata.name === name && each.metadata.namespace === namespace,
      );
      const standIn: KubeObject = {
        apiVersion: 'v1',
        kind,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      };
      this.#event(found ?? standIn, told);
    }
  }

  addSlices(): void {
    const pods = this.objects.filter(({ kind }) => kind === 'Pod');
    for (const each of this.objects.filter(
      ({ kind, status }) => kind === 'Service' && status?.['bare'] === undefined,
    )) {
      const { selector } = each.spec ?? {};
      if (!isObject(selector) || each.spec?.['type'] === 'ExternalName') continue;
      const chosen = pods.filter(
        pod =>
          pod.metadata.namespace === each.metadata.namespace &&
          Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value) &&
          pod.status?.['podIP'] !== undefined &&
          !['Failed', 'Succeeded'].includes(textIn(pod.status['phase'])),
      );
      const slice = object(
        { namespace: each.metadata.namespace ?? '' },
        'EndpointSlice',
        `${each.metadata.name}-x7k2p`,
        {
          apiVersion: 'discovery.k8s.io/v1',
          metadata: { labels: { 'kubernetes.io/service-name': each.metadata.name } },
          addressType: 'IPv4',
          endpoints: chosen.map(pod => ({
            addresses: [textIn(pod.status?.['podIP'])],
            conditions: { ready: isReady(pod), serving: isReady(pod), terminating: false },
            nodeName: textIn(pod.spec?.['nodeName']),
            targetRef: {
              kind: 'Pod',
              name: pod.metadata.name,
              namespace: pod.metadata.namespace,
              uid: pod.metadata.uid,
            },
          })),
          ports: objectsIn(each.spec?.['ports']).flatMap(port => {
            const target = port['targetPort'] ?? port['port'];
            const number =
              typeof target === 'number'
                ? target
                : chosen
                    .flatMap(pod => objectsIn(pod.spec?.['containers']))
                    .flatMap(({ ports }) => objectsIn(ports))
                    .find(({ name }) => name === target)?.['containerPort'];
            return number === undefined
              ? []
              : [{ name: port['name'] ?? '', port: number, protocol: port['protocol'] ?? 'TCP' }];
          }),
        },
      );
      slice.metadata.ownerReferences = [ownerOf(each)];
      this.objects.push(aged(slice, this.#nowMs - 3 * day));
    }
  }
}

function boundStatus(each: KubeObject, status: JsonObject): { spec: JsonObject; status: JsonObject } {
  const phase = status['phase'] ?? 'Bound';
  const bound = phase === 'Bound' || phase === 'Lost';
  const spec = { storageClassName: 'standard', volumeMode: 'Filesystem', ...each.spec };
  return {
    spec: bound ? { volumeName: `pvc-${each.metadata.uid}`, ...spec } : spec,
    status: {
      phase,
      ...(phase === 'Bound' ? { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } : {}),
      ...status,
    },
  };
}

function volumeFor(each: KubeObject): KubeObject {
  const { name, namespace, uid } = each.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `pvc-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': 'csi.acme.dev' } },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: 'standard',
      volumeMode: 'Filesystem',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      csi: { driver: 'csi.acme.dev', volumeHandle: `vol-${uid}` },
    },
    status: { phase: 'Bound' },
  };
}

function condition(type: string, holds: boolean, reason: string, message: string, ms: number): JsonObject {
  return {
    type,
    status: holds ? 'True' : 'False',
    reason,
    message,
    lastUpdateTime: iso(ms),
    lastTransitionTime: iso(ms),
  };
}

function without(value: JsonObject, name: string): JsonObject {
  const { [name]: _gone, ...rest } = value;
  return rest;
}

function isReady(pod: KubeObject): boolean {
  return objectsIn(pod.status?.['conditions']).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

function labelsIn(template: unknown): Record<string, string> {
  const metadata = isObject(template) && isObject(template['metadata']) ? template['metadata'] : {};
  const labels = isObject(metadata['labels']) ? metadata['labels'] : {};
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, textIn(value)]));
}

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

function tolerates(spec: JsonObject): boolean {
  const template =
    isObject(spec['template']) && isObject(spec['template']['spec']) ? spec['template']['spec'] : {};
  return objectsIn(template['tolerations']).some(
    ({ operator, key }) => operator === 'Exists' && key === undefined,
  );
}

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** As the API server generates names: the same for the same index. */
function suffix(index: number): string {
  return [3, 7, 11, 17, 23]
    .map((step, at) => letters[(index * 5 + step * (at + 1)) % letters.length])
    .join('');
}
