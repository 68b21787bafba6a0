import { canonicalJson } from '../core/json.ts';
import type { Ref } from '../core/ref.ts';
import { allocate } from '../kubernetes/allocation.ts';
import { withDefaults } from '../kubernetes/defaults.ts';
import { hasGeneration } from '../kubernetes/generation.ts';
import { isKind, isKnownKind } from '../kubernetes/kinds.ts';
import { type KubeObject, splitApiVersion } from '../kubernetes/object.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import { Agenda, type Entry } from './agenda.ts';
import { allocatorOf } from './allocator.ts';
import type { ClusterView, Controller, Operation } from './controllers/controller.ts';
import { uidFrom } from './controllers/naming.ts';
import { ClusterState, keyOf } from './state.ts';
import { StateView } from './view.ts';
import type { World } from './world.ts';

/** Rounds that controllers may need at one moment; more is a controller that never settles. */
const mostRounds = 200;
/** Looks that a stretch of time may take, for each object: a pod that starts takes fifty, its workload and service with it. */
const looksPerObject = 100;
const fewestLooks = 20_000;
const defaultGraceSeconds = 30;
/** Kinds that only controllers change, who start from what is stored and complete: most of a cluster, and of the time. */
const madeByControllers = new Set(['Pod', 'ReplicaSet', 'Event', 'EndpointSlice', 'Endpoints']);
/** Kinds whose controllers rely on what the API server itself gives a new object. */
const hasFirstState = new Set(['Pod', 'Job', 'PersistentVolumeClaim', 'PersistentVolume']);

/**
 * A cluster in memory on which controllers play through a stretch of time at once. It keeps the rules of the API that
 * controllers rely on (generations, graceful deletion, finalizers) and nothing else: no requests, no validation.
 */
export class Rehearsal implements ClusterView {
  readonly world: World;
  nowMs: number;
  readonly #state = new ClusterState();
  readonly #storages = new Map<string, string>();
  readonly #view: StateView;
  readonly #agenda: Agenda;
  readonly #tellFromMs: number;
  #looks = 0;
  /** Events by object and message: the same one again only counts. */
  readonly #told = new Map<string, KubeObject>();
  /** How often an object of a key was made: the uid of the next one follows from it. */
  readonly #made = new Map<string, number>();

  /** tellFromMs: events before that are not kept; absent: all are. */
  constructor(
    world: World,
    start: { controllers: readonly Controller[]; nowMs: number; tellFromMs?: number },
  ) {
    this.world = world;
    this.nowMs = start.nowMs;
    this.#tellFromMs = start.tellFromMs ?? 0;
    this.#view = new StateView(this.#state, {
      world,
      storageOf: (kind, apiVersion) =>
        apiVersion === undefined ? this.#storages.get(kind) : storageFor(kind, apiVersion),
    });
    this.#agenda = new Agenda(start.controllers, this.#view);
    this.#state.onChange(change => this.#agenda.changed(change));
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    return this.#view.list(kind, namespace);
  }

  get(ref: Ref): KubeObject | undefined {
    return this.#view.get(ref);
  }

  withUid(uid: string): KubeObject | undefined {
    return this.#view.withUid(uid);
  }

  dependentsOf(uid: string): readonly KubeObject[] {
    return this.#view.dependentsOf(uid);
  }

  unowned(kind: string): readonly KubeObject[] {
    return this.#view.unowned(kind);
  }

  podsOn(node: string): readonly KubeObject[] {
    return this.#view.podsOn(node);
  }

  all(): KubeObject[] {
    return this.#state.all().map(withoutVersion);
  }

  /** Does one operation, as the API server would; what has become impossible is left undone. */
  apply(operation: Operation): void {
    switch (operation.do) {
      case 'create':
        this.#create(operation.object);
        return;
      case 'update':
        this.#update(operation.object);
        return;
      case 'status':
        this.#setStatus(operation.object);
        return;
      case 'delete':
        this.#delete(operation);
        return;
      case 'event':
        this.#record(operation);
        return;
    }
  }

  /** Lets the controllers act until none has anything to do at this moment; returns when time gives them work again. */
  settle(): number | undefined {
    this.#agenda.wakeDue(this.nowMs);
    for (let round = 0; round < mostRounds; round++) {
      for (const entry of this.#agenda.round()) this.#ask(entry);
      if (this.#agenda.isEmpty) return this.#agenda.nextWake();
    }
    throw new Error('The controllers of the sandbox do not settle.');
  }

  /**
   * Plays until nothing is left to wait for, or to the given moment. What goes round and round, as pods that cannot
   * start do, is not played to the end of its days: after so many looks the time in between is left out.
   */
  playUntil(untilMs: number): void {
    const last = this.#looks + Math.max(fewestLooks, looksPerObject * this.#state.size);
    for (;;) {
      const wakeAt = this.settle();
      if (wakeAt === undefined || wakeAt > untilMs || this.nowMs >= untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return;
      }
      this.nowMs = this.#looks < last ? wakeAt : untilMs;
    }
  }

  #ask(entry: Entry): void {
    this.#looks += 1;
    const { operations, wakeAt } = entry.controller.reconcile(this, this.nowMs, entry.key);
    this.#agenda.done(entry, { wakeAt });
    for (const operation of operations) this.apply(operation);
  }

  #create(object: KubeObject): void {
    if (this.#stored(object) !== undefined) return;
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const uid = metadata.uid ?? this.#newUid(pathOf(object));
    const counted = hasGeneration(object);
    const created = withDefaults({
      ...object,
      metadata: {
        ...metadata,
        uid,
        creationTimestamp: metadata.creationTimestamp ?? timestampAt(this.nowMs),
        ...(counted ? { generation: metadata.generation ?? 1 } : {}),
      },
    });
    this.#put(hasFirstState.has(created.kind) ? allocate(created, allocatorOf(this.#state)) : created);
  }

  #update(object: KubeObject): void {
    const live = this.#live(object);
    if (live === undefined) return;
    const whole = { ...object, ...(live.status === undefined ? {} : { status: live.status }) };
    const after = madeByControllers.has(object.kind) ? whole : withDefaults(whole);
    const changed = canonicalJson(withoutMeta(live)) !== canonicalJson(withoutMeta(after));
    const { generation } = live.metadata;
    const counted = changed && generation !== undefined ? { generation: generation + 1 } : {};
    const updated = { ...after, metadata: { ...after.metadata, ...counted } };
    if (updated.metadata.deletionTimestamp !== undefined && !isHeld(updated)) this.#remove(updated);
    else this.#put(updated);
  }

  #setStatus(object: KubeObject): void {
    const live = this.#live(object);
    if (live !== undefined && object.status !== undefined) this.#put({ ...live, status: object.status });
  }

  #delete({ target, uid, propagation, graceSeconds }: Operation & { do: 'delete' }): void {
    const live = this.get(target);
    if (live === undefined || live.metadata.uid !== uid) return;
    const own = live.spec?.['terminationGracePeriodSeconds'];
    const wanted = graceSeconds ?? (typeof own === 'number' ? own : defaultGraceSeconds);
    const grace = live.kind === 'Pod' && live.spec?.['nodeName'] !== undefined ? wanted : 0;
    const finalizers = [...(live.metadata.finalizers ?? [])];
    if (propagation === 'Foreground') finalizers.push('foregroundDeletion');
    if (propagation === 'Orphan') finalizers.push('orphan');
    const marked: KubeObject = {
      ...live,
      metadata: {
        ...live.metadata,
        deletionTimestamp: timestampAt(this.nowMs + grace * 1_000),
        deletionGracePeriodSeconds: grace,
        ...(finalizers.length === 0 ? {} : { finalizers: [...new Set(finalizers)] }),
      },
    };
    if (grace > 0 || isHeld(marked)) this.#put(marked);
    else this.#remove(marked);
  }

  #record({ about, type, reason, message, from, part }: Operation & { do: 'event' }): void {
    if (this.nowMs < this.#tellFromMs) return;
    const { name, namespace = 'default', uid = '' } = about.metadata;
    const key = `${uid}/${part ?? ''}/${message}`;
    const time = timestampAt(this.nowMs);
    const told = this.#told.get(key);
    const count = typeof told?.['count'] === 'number' ? told['count'] + 1 : 1;
    const event: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${uidFrom(key).replaceAll('-', '').slice(0, 16)}`,
        namespace,
        uid: told?.metadata.uid ?? this.#newUid(`event/${key}`),
        creationTimestamp: told?.metadata.creationTimestamp ?? time,
      },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        name,
        namespace,
        uid,
        ...(part === undefined ? {} : { fieldPath: part }),
      },
      type,
      reason,
      message,
      count,
      firstTimestamp: told?.metadata.creationTimestamp ?? time,
      lastTimestamp: time,
      eventTime: null,
      source: { component: from },
      reportingComponent: from,
      reportingInstance: '',
    };
    this.#told.set(key, event);
    this.#put(event);
  }

  #newUid(key: string): string {
    const count = (this.#made.get(key) ?? 0) + 1;
    this.#made.set(key, count);
    return uidFrom(`${this.world.name}/${key}/${count}`);
  }

  #live(object: KubeObject): KubeObject | undefined {
    const live = this.#stored(object);
    return live?.metadata.uid === object.metadata.uid ? live : undefined;
  }

  #stored({ kind, apiVersion, metadata }: KubeObject): KubeObject | undefined {
    return this.#state.get(storageFor(kind, apiVersion), keyOf(metadata.namespace, metadata.name));
  }

  #put(object: KubeObject): void {
    const storage = storageFor(object.kind, object.apiVersion);
    // Of two groups with a kind of the same name, the built-in one is meant where none is named.
    if (!this.#storages.has(object.kind) || (isKnownKind(object.kind) && isKind(object, object.kind)))
      this.#storages.set(object.kind, storage);
    this.#state.put(storage, object);
  }

  #remove(object: KubeObject): void {
    const { namespace, name } = object.metadata;
    this.#state.remove(storageFor(object.kind, object.apiVersion), keyOf(namespace, name), object);
  }
}

function storageFor(kind: string, apiVersion: string): string {
  return `${splitApiVersion(apiVersion).group}/${kind}`;
}

function pathOf({ kind, apiVersion, metadata }: KubeObject): string {
  return `${storageFor(kind, apiVersion)}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function withoutMeta({ metadata: _metadata, status: _status, ...rest }: KubeObject): unknown {
  return rest;
}

/** What keeps a deleted object: finalizers, a grace period that runs, a namespace's content. */
function isHeld({ kind, metadata, spec }: KubeObject): boolean {
  const content = kind === 'Namespace' ? spec?.['finalizers'] : undefined;
  return (metadata.finalizers ?? []).length > 0 || (Array.isArray(content) && content.length > 0);
}
