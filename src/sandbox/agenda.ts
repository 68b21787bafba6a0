import type { KubeObject } from '../kubernetes/object.ts';
import type { ClusterView, Controller } from './controllers/controller.ts';

/** After a refusal a key is asked again in a second, then in twice the time, up to the longest a real work queue waits. */
const firstRetryMs = 1_000;
const longestRetryMs = 1_000_000;

/** One thing to look at: a controller and the key it knows it by. */
export interface Entry {
  controller: Controller;
  key: string;
}

/** What every controller has yet to look at, because it changed or because its time has come. */
export class Agenda {
  readonly #controllers: readonly Controller[];
  readonly #view: ClusterView;
  readonly #byKind = new Map<string, Controller[]>();
  readonly #woken = new Map<Controller, Set<string>>();
  readonly #wakeAt = new Map<Controller, Map<string, number>>();
  readonly #refusals = new Map<Controller, Map<string, { waitMs: number; retryMs: number }>>();

  constructor(controllers: readonly Controller[], view: ClusterView) {
    this.#controllers = controllers;
    this.#view = view;
    for (const controller of controllers) {
      this.#woken.set(controller, new Set());
      this.#wakeAt.set(controller, new Map());
      this.#refusals.set(controller, new Map());
      for (const kind of controller.watches) {
        this.#byKind.set(kind, [...(this.#byKind.get(kind) ?? []), controller]);
        for (const object of view.list(kind)) this.#wake(controller, object);
      }
    }
  }

  get isEmpty(): boolean {
    for (const keys of this.#woken.values()) if (keys.size > 0) return false;
    return true;
  }

  /** Wakes whom a change concerns, for what the object was and for what it is. */
  changed({ object, before }: { object: KubeObject; before?: KubeObject }): void {
    for (const controller of this.#byKind.get(object.kind) ?? []) {
      this.#wake(controller, object);
      if (before !== undefined) this.#wake(controller, before);
    }
  }

  #wake(controller: Controller, object: KubeObject): void {
    const woken = this.#woken.get(controller);
    if (controller.keysOf === undefined) woken?.add('');
    else for (const key of controller.keysOf(object, this.#view)) woken?.add(key);
  }

  wakeDue(nowMs: number): void {
    for (const [controller, moments] of this.#wakeAt) {
      for (const [key, atMs] of moments) {
        if (atMs > nowMs) continue;
        moments.delete(key);
        this.#woken.get(controller)?.add(key);
      }
    }
  }

  /** The next moment at which time alone gives somebody work; absent: only a change does. */
  nextWake(): number | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const moments of this.#wakeAt.values())
      for (const atMs of moments.values()) next = Math.min(next, atMs);
    return Number.isFinite(next) ? next : undefined;
  }

  /** Takes what is there to be looked at, controller by controller in their order: each sees what those before it did. */
  *round(): Generator<Entry> {
    for (const controller of this.#controllers) {
      const woken = this.#woken.get(controller);
      if (woken === undefined || woken.size === 0) continue;
      const keys = [...woken].sort();
      woken.clear();
      for (const key of keys) yield { controller, key };
    }
  }

  /** Notes when an entry that was looked at has to be looked at again, whatever happens; absent: not by itself. */
  done(
    { controller, key }: Entry,
    { wakeAt, refusedAt }: { wakeAt?: number | undefined; refusedAt?: number },
  ): void {
    const moments = this.#wakeAt.get(controller);
    const refusals = this.#refusals.get(controller);
    let next = wakeAt ?? Number.POSITIVE_INFINITY;
    if (refusedAt === undefined) refusals?.delete(key);
    else {
      const before = refusals?.get(key) ?? { waitMs: firstRetryMs / 2, retryMs: refusedAt };
      const waitMs = Math.min(before.waitMs * 2, longestRetryMs);
      // One that was looked at for another reason than its retry waits no longer for it.
      const refusal = refusedAt < before.retryMs ? before : { waitMs, retryMs: refusedAt + waitMs };
      refusals?.set(key, refusal);
      next = Math.min(next, refusal.retryMs);
    }
    if (Number.isFinite(next)) moments?.set(key, next);
    else moments?.delete(key);
  }
}
