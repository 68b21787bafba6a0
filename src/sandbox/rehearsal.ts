import { canonicalJson } from '../core/json.ts';
import type { Ref } from '../core/ref.ts';
import { withDefaults } from '../kubernetes/defaults.ts';
import { type KubeObject, splitApiVersion } from '../kubernetes/object.ts';
import type { ClusterView, Controller, Operation } from './controllers/controller.ts';
import { timestampAt, uidFrom } from './controllers/naming.ts';
import { hasGeneration } from './generation.ts';
import type { World } from './world.ts';

/** Rounds that controllers may need at one moment; more is a controller that never settles. */
const mostRounds = 200;
const defaultGraceSeconds = 30;

/**
 * A cluster in memory on which controllers play through a stretch of time at once. It keeps the rules of the API that
 * controllers rely on (generations, graceful deletion, finalizers) and nothing else: no requests, no validation.
 */
export class Rehearsal implements ClusterView {
  readonly world: World;
  nowMs: number;
  readonly #controllers: readonly Controller[];
  readonly #objects = new Map<string, KubeObject>();
  readonly #byKind = new Map<string, Map<string, KubeObject>>();
  /** Controllers that a change has woken, and when time wakes the others. */
  readonly #woken: Set<Controller>;
  readonly #wakeAt = new Map<Controller, number>();
  /** Sorted lists by kind and namespace, until something of the kind changes. */
  readonly #lists = new Map<string, readonly KubeObject[]>();
  /** Events by object and message: the same one again is not told twice. */
  readonly #told = new Set<string>();
  /** How often an object of a key was made: the uid of the next one follows from it. */
  readonly #made = new Map<string, number>();

  constructor(world: World, start: { controllers: readonly Controller[]; nowMs: number }) {
    this.world = world;
    this.nowMs = start.nowMs;
    this.#controllers = start.controllers;
    this.#woken = new Set(start.controllers);
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    const listKey = `${kind}/${namespace ?? '*'}`;
    const known = this.#lists.get(listKey);
    if (known !== undefined) return known;
    const found = [...(this.#byKind.get(kind)?.values() ?? [])].filter(
      object => namespace === undefined || object.metadata.namespace === namespace,
    );
    found.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    this.#lists.set(listKey, found);
    return found;
  }

  get(ref: Ref): KubeObject | undefined {
    if (ref.apiVersion !== undefined)
      return this.#objects.get(keyFrom({ ...ref, apiVersion: ref.apiVersion }));
    return this.list(ref.kind).find(
      object =>
        object.metadata.name === ref.name && (object.metadata.namespace ?? '') === (ref.namespace ?? ''),
    );
  }

  all(): KubeObject[] {
    return [...this.#objects.values()];
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
    for (const [controller, at] of this.#wakeAt) if (at <= this.nowMs) this.#woken.add(controller);
    for (let round = 0; round < mostRounds; round++) {
      for (const controller of this.#controllers) if (this.#woken.delete(controller)) this.#ask(controller);
      if (this.#woken.size > 0) continue;
      const wakeAt = Math.min(...this.#wakeAt.values());
      return Number.isFinite(wakeAt) ? wakeAt : undefined;
    }
    throw new Error('The controllers of the sandbox do not settle.');
  }

  /** Plays until nothing is left to wait for, or to the given moment. */
  playUntil(untilMs: number): void {
    for (;;) {
      const wakeAt = this.settle();
      if (wakeAt === undefined || wakeAt > untilMs) {
        this.nowMs = Math.max(this.nowMs, untilMs);
        return;
      }
      this.nowMs = wakeAt;
    }
  }

  #ask(controller: Controller): void {
    const { operations, wakeAt = Number.POSITIVE_INFINITY } = controller.reconcile(this, this.nowMs);
    this.#wakeAt.set(controller, wakeAt);
    for (const operation of operations) this.apply(operation);
  }

  #create(object: KubeObject): void {
    if (this.#objects.has(keyOf(object))) return;
    const { resourceVersion: _version, ...metadata } = object.metadata;
    const uid = metadata.uid ?? this.#newUid(keyOf(object));
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
    this.#put(
      created.kind === 'Pod' && created.status === undefined
        ? { ...created, status: { phase: 'Pending' } }
        : created,
    );
  }

  #update(object: KubeObject): void {
    const live = this.#live(object);
    if (live === undefined) return;
    const after = withDefaults({ ...object, ...(live.status === undefined ? {} : { status: live.status }) });
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

  #record({ about, type, reason, message, from }: Operation & { do: 'event' }): void {
    const { name, namespace = 'default', uid = '' } = about.metadata;
    if (this.#told.has(`${uid}/${message}`)) return;
    this.#told.add(`${uid}/${message}`);
    const time = timestampAt(this.nowMs);
    this.#put({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${uidFrom(`${uid}/${message}`).replaceAll('-', '').slice(0, 16)}`,
        namespace,
        uid: this.#newUid(`event/${uid}/${message}`),
        creationTimestamp: time,
      },
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      eventTime: null,
      source: { component: from },
      reportingComponent: from,
      reportingInstance: '',
    });
  }

  #newUid(key: string): string {
    const count = (this.#made.get(key) ?? 0) + 1;
    this.#made.set(key, count);
    return uidFrom(`${this.world.name}/${key}/${count}`);
  }

  #live(object: KubeObject): KubeObject | undefined {
    const live = this.#objects.get(keyOf(object));
    return live?.metadata.uid === object.metadata.uid ? live : undefined;
  }

  #put(object: KubeObject): void {
    const kind = this.#byKind.get(object.kind) ?? new Map<string, KubeObject>();
    this.#byKind.set(object.kind, kind.set(keyOf(object), object));
    this.#objects.set(keyOf(object), object);
    this.#changed(object.kind);
  }

  #remove(object: KubeObject): void {
    this.#byKind.get(object.kind)?.delete(keyOf(object));
    this.#objects.delete(keyOf(object));
    this.#changed(object.kind);
  }

  #changed(kind: string): void {
    for (const key of this.#lists.keys()) if (key.startsWith(`${kind}/`)) this.#lists.delete(key);
    for (const controller of this.#controllers)
      if (controller.watches.includes(kind)) this.#woken.add(controller);
  }
}

function keyOf({ kind, apiVersion, metadata }: KubeObject): string {
  return keyFrom({ kind, apiVersion, name: metadata.name, namespace: metadata.namespace ?? '' });
}

function keyFrom({ kind, apiVersion, namespace = '', name }: Ref & { apiVersion: string }): string {
  return `${splitApiVersion(apiVersion).group}/${kind}/${namespace}/${name}`;
}

function withoutMeta({ metadata: _metadata, status: _status, ...rest }: KubeObject): unknown {
  return rest;
}

/** What keeps a deleted object: finalizers, a grace period that runs, a namespace's content. */
function isHeld({ kind, metadata, spec }: KubeObject): boolean {
  const content = kind === 'Namespace' ? spec?.['finalizers'] : undefined;
  return (metadata.finalizers ?? []).length > 0 || (Array.isArray(content) && content.length > 0);
}
