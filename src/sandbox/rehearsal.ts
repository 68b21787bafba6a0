import { canonicalJson } from '../core/json.ts';
import { allocate } from '../kubernetes/allocation.ts';
import { withDefaults } from '../kubernetes/defaults.ts';
import { hasGeneration } from '../kubernetes/generation.ts';
import { isKind, isKnownKind } from '../kubernetes/kinds.ts';
import { type KubeObject, refOf, splitApiVersion } from '../kubernetes/object.ts';
import { metadataAfterStatus } from '../kubernetes/status-write.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import { Agenda, type Entry } from './agenda.ts';
import { allocatorOf } from './allocator.ts';
import type { Controller, Operation } from './controllers/controller.ts';
import { uidFrom } from './controllers/naming.ts';
import { isHeld, leaving } from './delete-object.ts';
import { eventOf, toldAgain } from './record-event.ts';
import { ClusterState, keyOf } from './state.ts';
import { StateView } from './view.ts';
import type { World } from './world.ts';

/** Rounds that controllers may need at one moment; more is a controller that never settles. */
const mostRounds = 200;
/** Looks that a stretch of time may take, for each object: a pod that starts takes fifty, its workload and service with it. */
const looksPerObject = 100;
const fewestLooks = 20_000;
/** Kinds that only controllers change, who start from what is stored and complete: most of a cluster, and of the time. */
const madeByControllers = new Set(['Pod', 'ReplicaSet', 'Event', 'EndpointSlice', 'Endpoints']);
/** Kinds whose controllers rely on what the API server itself gives a new object. */
const hasFirstState = new Set(['Pod', 'Job', 'PersistentVolumeClaim', 'PersistentVolume']);

/**
 * A cluster in memory on which controllers play through a stretch of time at once. It keeps the rules of the API that
 * controllers rely on (generations, graceful deletion, finalizers) and nothing else: no requests, no validation.
 */
export class Rehearsal extends StateView {
  nowMs: number;
  readonly #state: ClusterState;
  readonly #storages: Map<string, string>;
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
    const state = new ClusterState();
    const storages = new Map<string, string>();
    super(state, {
      world,
      storageOf: (kind, apiVersion) =>
        apiVersion === undefined ? storages.get(kind) : storageFor(kind, apiVersion),
    });
    this.#state = state;
    this.#storages = storages;
    this.nowMs = start.nowMs;
    this.#tellFromMs = start.tellFromMs ?? 0;
    this.#agenda = new Agenda(start.controllers, this);
    state.onChange(change => this.#agenda.changed(change));
  }

  all(): KubeObject[] {
    return this.#state.all().map(withoutVersion);
  }

  /** Does one operation, as the API server would; what has become impossible is left undone. */
  apply(operation: Operation): void {
    switch (operation.do) {
      case 'create':
        return this.#create(operation.object);
      case 'update':
        return this.#update(operation.object);
      case 'status':
        return this.#setStatus(operation.object);
      case 'delete':
        return this.#delete(operation);
      case 'event':
        return this.#record(operation);
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
    if (this.get(refOf(object)) !== undefined) return;
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
    if (live === undefined || object.status === undefined) return;
    this.#put({ ...live, metadata: metadataAfterStatus(live, object), status: object.status });
  }

  #delete(operation: Operation & { do: 'delete' }): void {
    const live = this.get(operation.target);
    if (live === undefined || live.metadata.uid !== operation.uid) return;
    const { object, waits } = leaving(live, { ...operation, nowMs: this.nowMs });
    if (waits) this.#put(object);
    else this.#remove(object);
  }

  #record(told: Operation & { do: 'event' }): void {
    if (this.nowMs < this.#tellFromMs) return;
    const about = withoutVersion(told.about);
    const key = `${about.metadata.uid ?? ''}/${told.part ?? ''}/${told.message}`;
    const time = timestampAt(this.nowMs);
    const known = this.#told.get(key);
    const name = `${about.metadata.name}.${uidFrom(key).replaceAll('-', '').slice(0, 16)}`;
    const event = known
      ? toldAgain(known, time)
      : eventOf({ ...told, about }, { name, uid: this.#newUid(`event/${key}`), time });
    this.#told.set(key, event);
    this.#put(event);
  }

  #newUid(key: string): string {
    const count = (this.#made.get(key) ?? 0) + 1;
    this.#made.set(key, count);
    return uidFrom(`${this.world.name}/${key}/${count}`);
  }

  #live(object: KubeObject): KubeObject | undefined {
    const live = this.get(refOf(object));
    return live?.metadata.uid === object.metadata.uid ? live : undefined;
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
