import { objectsIn, textOf } from '../core/json.ts';
import type { Ref } from '../core/ref.ts';
import { lastSeenMs } from '../kubernetes/event-times.ts';
import type { Event } from '../kubernetes/kinds/event.ts';
import type { Pod } from '../kubernetes/kinds/pod.ts';
import { isKind, isKnownKind, type KnownKind, type ObjectOf, ofKind } from '../kubernetes/kinds.ts';
import { type KubeObject, type OwnerReference, splitApiVersion } from '../kubernetes/object.ts';
import type { ObjectView } from '../kubernetes/object-view.ts';
import { controllerOf } from '../kubernetes/owners.ts';
import { type PodSet, podSetsOf } from './pod-sets.ts';

/** A pod of which only the printed row was read: nothing about it looked wrong. */
export interface PodRow {
  namespace: string;
  name: string;
  ready: boolean;
  /** As kubectl prints it: `Running`, `Completed`. */
  status: string;
  restarts: number;
  node?: string;
}

/** What could not be read; `namespace` absent: nowhere. */
export interface Unread {
  kind: string;
  namespace?: string;
  why: string;
}

/** One change that Vigie made and recorded, newest first. */
export interface RecordedChange {
  id: string;
  tool: string;
  summary: string;
  /** When it was approved, or proposed where nobody had to; it was made between then and its end. */
  startedAt: string;
  finishedAt: string;
  targets: readonly Ref[];
  /** What others did since to its objects, a line each; empty: it stands as it was made. */
  changedSince: readonly string[];
}

/** All that was read, as data: from a cluster, from files, or made by a test. */
export interface SnapshotData {
  takenAt: Date;
  /** Everything but events; Secrets with their keys and without values. */
  objects: readonly KubeObject[];
  events: readonly Event[];
  /** Pods that looked well and were not read in full; absent: every pod is among the objects. */
  rows?: readonly PodRow[];
  /** The last lines a container wrote, by `namespace/pod/container`; `previous`: of its last run before this. */
  logs?: ReadonlyMap<string, { lines: readonly string[]; previous: boolean }>;
  unread?: readonly Unread[];
  /** Kinds of which only a part was looked at, since the rest could tell nothing: none can be missing, and nothing is said of it. */
  partly?: readonly string[];
  /** Kinds that the server does not serve: there are none, and none can be missing. */
  absent?: readonly string[];
  /** The namespaces that were looked at; absent: all. */
  namespaces?: readonly string[];
  changes?: readonly RecordedChange[];
  /** Of the API server: `v1.36.2`. */
  serverVersion?: string;
  /** Masks what is secret in a text before it is cut; absent: nothing is. */
  mask?: (text: string) => string;
}

/** One look at a cluster, indexed. What it hands out is never changed in place. */
export class Snapshot implements ObjectView {
  readonly takenAt: Date;
  readonly rows: readonly PodRow[];
  readonly changes: readonly RecordedChange[];
  readonly unread: readonly Unread[];
  readonly #data: SnapshotData;
  readonly #byKind = new Map<string, KubeObject[]>();
  readonly #byPlace = new Map<string, ReadonlyMap<string | undefined, readonly KubeObject[]>>();
  readonly #typed: { [K in KnownKind]?: readonly ObjectOf<K>[] } = {};
  readonly #unseen: ReadonlyMap<string, ReadonlySet<string | undefined>>;
  readonly #namespaces: ReadonlySet<string> | undefined;
  readonly #byName = new Map<string, KubeObject[]>();
  readonly #byUid = new Map<string, KubeObject>();
  readonly #events = new Map<string, Event[]>();
  #podSets: readonly PodSet[] | undefined;
  #leaders: ReadonlyMap<KubeObject, KubeObject> | undefined;

  constructor(data: SnapshotData) {
    this.#data = data;
    this.takenAt = data.takenAt;
    this.rows = data.rows ?? [];
    this.changes = data.changes ?? [];
    this.unread = data.unread ?? [];
    this.#namespaces = data.namespaces === undefined ? undefined : new Set(data.namespaces);
    this.#unseen = unseenIn(data);
    // A place is written once for each object, and not for each comparison.
    const sorted = data.objects
      .map(object => ({ object, place: placeOf(object) }))
      .toSorted((a, b) => compare(a.place, b.place));
    for (const { object } of sorted) {
      push(this.#byKind, object.kind, object);
      const { name, namespace, uid } = object.metadata;
      const key = keyOf({ kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) });
      push(this.#byName, key, object);
      if (uid !== undefined) this.#byUid.set(uid, object);
    }
    for (const event of data.events) {
      const { kind = '', name = '', namespace } = event.involvedObject;
      if (this.#isOfNamesake(event)) continue;
      push(this.#events, keyOf({ kind, name, ...(namespace === undefined ? {} : { namespace }) }), event);
    }
    for (const events of this.#events.values()) events.sort((a, b) => lastSeenMs(b) - lastSeenMs(a));
  }

  /** About another object of the name: of another group, or one that was there before. */
  #isOfNamesake({ involvedObject }: Event): boolean {
    const { kind = '', name = '', namespace, apiVersion, uid } = involvedObject;
    const object = this.get({
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(apiVersion === undefined ? {} : { apiVersion }),
    });
    if (object === undefined) return false;
    if (apiVersion !== undefined && !isSameGroup(apiVersion, object.apiVersion)) return true;
    return uid !== undefined && object.metadata.uid !== undefined && !uidsOf(object).includes(uid);
  }

  /** Of the API server: `v1.36.2`; undefined: nobody asked. */
  get serverVersion(): string | undefined {
    return this.#data.serverVersion;
  }

  /** A text as it may be cut: half of a secret is not known for one when the answer is masked. */
  mask(text: string): string {
    return this.#data.mask?.(text) ?? text;
  }

  get nowMs(): number {
    return this.takenAt.getTime();
  }

  /** All read objects of a kind with a narrow type, by namespace and name. Of pods: those that looked wrong; see `rows`. */
  of<K extends KnownKind>(kind: K): readonly ObjectOf<K>[] {
    // Dozens of rules ask for the same of a cluster of thousands.
    const known = this.#typed[kind];
    if (known !== undefined) return known;
    const found = ofKind(this.list(kind), kind);
    Object.assign(this.#typed, { [kind]: found });
    return found;
  }

  /** All read objects of any kind, known or custom, by namespace and name. */
  list(kind: string, namespace?: string): readonly KubeObject[] {
    const all = this.#byKind.get(kind) ?? [];
    if (namespace === undefined) return all;
    const places =
      this.#byPlace.get(kind) ?? Map.groupBy(all, ({ metadata }): string | undefined => metadata.namespace);
    this.#byPlace.set(kind, places);
    return places.get(namespace) ?? [];
  }

  /** Every kind of which something was read. */
  get kinds(): readonly string[] {
    return [...this.#byKind.keys()];
  }

  /** Of namesakes in several groups the one of the group that is named, else that of the API itself. */
  get(ref: Ref): KubeObject | undefined {
    const named = this.#byName.get(keyOf(ref)) ?? [];
    if (named.length < 2) return named[0];
    const { kind, apiVersion } = ref;
    const isMeant = (object: KubeObject) =>
      apiVersion === undefined
        ? isKnownKind(kind) && isKind(object, kind)
        : isSameGroup(object.apiVersion, apiVersion);
    return named.find(isMeant) ?? named[0];
  }

  /** One object of a kind with a narrow type. */
  find<K extends KnownKind>(kind: K, place: { name: string; namespace?: string }): ObjectOf<K> | undefined {
    return this.#byName.get(keyOf({ kind, ...place }))?.find(object => isKind(object, kind));
  }

  /**
   * What makes an object again when it is gone. Whoever may make a pod writes any uid into its owners: it counts with the
   * kind, the name and the namespace alone, as the server's garbage collector has it.
   */
  makerOf(object: KubeObject): KubeObject | undefined {
    const owner = controllerOf(object);
    const found = owner === undefined ? undefined : this.#byUid.get(owner.uid);
    return owner !== undefined && found !== undefined && isOwner(found, { owner, of: object })
      ? found
      : undefined;
  }

  /** Whether every object of a kind in a namespace was read, so that one that is not among them does not exist. */
  sees(kind: string, namespace?: string): boolean {
    if (namespace !== undefined && this.#namespaces?.has(namespace) === false) return false;
    const places = this.#unseen.get(kind);
    return (
      places === undefined || !(namespace === undefined || places.has(undefined) || places.has(namespace))
    );
  }

  /** True only where it was looked for and is not there; false also where nobody could look. */
  lacks(ref: Ref): boolean {
    return this.get(ref) === undefined && this.sees(ref.kind, ref.namespace);
  }

  /** All that was read, also about objects that are gone. */
  get events(): readonly Event[] {
    return this.#data.events;
  }

  /** What happened to an object, newest first. */
  eventsFor(ref: Ref): readonly Event[] {
    return this.#events.get(keyOf(ref)) ?? [];
  }

  /** The last lines of a container, oldest first; undefined: not read. */
  logOf({ metadata }: Pod, container: string): { lines: readonly string[]; previous: boolean } | undefined {
    return this.#data.logs?.get(`${metadata.namespace ?? ''}/${metadata.name}/${container}`);
  }

  /** Everything that makes pods, and pods that nothing makes, each once. */
  get podSets(): readonly PodSet[] {
    this.#podSets ??= podSetsOf(this);
    return this.#podSets;
  }

  /**
   * The object that a pod or replica set belongs to in the end: a Deployment, a CronJob; itself where nothing owns it. Of
   * equal pods of one maker that is not known (a ReplicationController, a custom one) the first stands for all.
   */
  ownerOf(object: KubeObject): KubeObject {
    const owner = this.#knownOwnerOf(object);
    if (owner.kind !== 'Pod') return owner;
    this.#leaders ??= leadersOf(this.list('Pod').filter(pod => this.#knownOwnerOf(pod) === pod));
    return this.#leaders.get(owner) ?? owner;
  }

  #knownOwnerOf(object: KubeObject): KubeObject {
    let current = object;
    // A pod's ReplicaSet, its Deployment, an operator's object and one above; more is a circle.
    for (let steps = 0; steps < 5; steps++) {
      const found = this.makerOf(current);
      // A static pod is its node's by name only.
      if (found === undefined || !isKnownKind(found.kind) || found.kind === 'Node') return current;
      current = found;
    }
    return current;
  }
}

/** By the pod the first of those that have the same maker, in the same namespace, and run the same. */
function leadersOf(pods: readonly KubeObject[]): Map<KubeObject, KubeObject> {
  const leaders = new Map<KubeObject, KubeObject>();
  const first = new Map<string, KubeObject>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    // All static pods of a node are the node's.
    if (owner === undefined || owner.kind === 'Node') continue;
    const runs = objectsIn(pod.spec?.['containers']).map(each => [
      textOf(each, 'name'),
      textOf(each, 'image'),
    ]);
    const key = JSON.stringify([pod.metadata.namespace, owner.kind, owner.name, owner.uid, runs]);
    const leader = first.get(key);
    if (leader === undefined) first.set(key, pod);
    else leaders.set(pod, leader);
  }
  return leaders;
}

/** Whether a reference means this object: one of no namespace, or of that of the object that names it. */
function isOwner(
  { kind, metadata: { name, namespace } }: KubeObject,
  { owner, of }: { owner: OwnerReference; of: KubeObject },
): boolean {
  const isNear = namespace === undefined || namespace === of.metadata.namespace;
  return isNear && kind === owner.kind && name === owner.name;
}

/** Where the objects of a kind are not all known; undefined among the places: nowhere are they. */
function unseenIn({
  absent = [],
  partly = [],
  unread = [],
}: SnapshotData): Map<string, Set<string | undefined>> {
  const places = new Map<string, Set<string | undefined>>();
  const add = (kind: string, place: string | undefined) =>
    places.set(kind, (places.get(kind) ?? new Set()).add(place));
  for (const kind of [...absent, ...partly]) add(kind, undefined);
  for (const { kind, namespace } of unread) add(kind, namespace);
  return places;
}

function isSameGroup(a: string, b: string): boolean {
  return splitApiVersion(a).group === splitApiVersion(b).group;
}

/** What events call an object by: a kubelet its node by the name, and a pod of its own files by the hash of the file. */
function uidsOf({ metadata: { uid, name, annotations = {} } }: KubeObject): (string | undefined)[] {
  return [uid, name, annotations['kubernetes.io/config.hash'], annotations['kubernetes.io/config.mirror']];
}

/** A kind, a name and a namespace: versions of one kind are one object. */
export function keyOf({ kind, name, namespace = '' }: Ref): string {
  return `${kind}/${namespace}/${name}`;
}

function placeOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
