import type { Ref } from '../core/ref.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { type Cluster, findByRef } from './cluster.ts';
import type { ClusterView, Controller, Operation } from './controllers/controller.ts';
import { createObject } from './create-object.ts';
import { deleteObject } from './delete-object.ts';
import { recordEvent } from './record-event.ts';
import { storageOf } from './resource.ts';
import { statusBody } from './status.ts';
import { updateObject } from './update-object.ts';

/** Rounds in a row before the loop lets requests through again, however much the controllers still want. */
const roundsInARow = 200;
/** The longest a timer of Node can wait; a later moment is waited for in steps. */
const longestTimerMs = 2_147_483_647;

export interface Loop {
  /** Looks again at once, because the clock was moved. */
  wake(): void;
  /** The next moment at which time alone gives a controller work; absent: only a change does. */
  nextWake(): number | undefined;
  /** Resolves when no controller has anything to do at this moment. */
  settled(): Promise<void>;
  stop(): void;
}

/**
 * Runs the controllers: a change of a kind wakes those that watch it, and a moment they named wakes them again.
 * Between the two nothing ticks. `onFault` hears of a controller that throws; it then rests until its next change.
 */
export function startLoop(
  cluster: Cluster,
  { controllers, onFault }: { controllers: readonly Controller[]; onFault: (error: unknown) => void },
): Loop {
  const woken = new Set(controllers);
  const wakeAt = new Map<Controller, number>();
  const view = viewOf(cluster);
  let timer: NodeJS.Timeout | undefined;
  let scheduled: NodeJS.Immediate | undefined;
  let stopped = false;
  let running = false;
  let waiting: (() => void)[] = [];

  const unsubscribe = cluster.state.onChange(change => {
    for (const controller of controllers) {
      if (controller.watches.includes(change.object.kind)) woken.add(controller);
    }
    schedule();
  });

  function schedule(): void {
    if (stopped || running || scheduled !== undefined || woken.size === 0) return;
    scheduled = setImmediate(run);
  }

  function run(): void {
    scheduled = undefined;
    clearTimeout(timer);
    wakeDue();
    running = true;
    for (let round = 0; woken.size > 0 && round < roundsInARow; round++) {
      // In the order of the list: each sees what those before it did.
      for (const controller of controllers) if (woken.delete(controller)) ask(controller);
    }
    running = false;
    if (woken.size > 0) {
      schedule();
      return;
    }
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
    sleep();
  }

  function wakeDue(): void {
    const now = cluster.clock.now();
    for (const [controller, at] of wakeAt) {
      if (at > now) continue;
      wakeAt.delete(controller);
      woken.add(controller);
    }
  }

  function ask(controller: Controller): void {
    wakeAt.delete(controller);
    try {
      const { operations, wakeAt: at } = controller.reconcile(view, cluster.clock.now());
      if (at !== undefined) wakeAt.set(controller, at);
      for (const operation of operations) attempt(operation, controller.name);
    } catch (error) {
      onFault(error);
    }
  }

  /** One operation that fails does not keep the others from being done. */
  function attempt(operation: Operation, from: string): void {
    try {
      perform(cluster, { operation, from });
    } catch (error) {
      onFault(error);
    }
  }

  function sleep(): void {
    if (stopped || wakeAt.size === 0) return;
    const delay = Math.min(...wakeAt.values()) - cluster.clock.now();
    timer = setTimeout(run, Math.min(Math.max(delay, 1), longestTimerMs));
    timer.unref();
  }

  schedule();
  return {
    wake() {
      if (!stopped && scheduled === undefined) scheduled = setImmediate(run);
    },
    nextWake: () => (wakeAt.size === 0 ? undefined : Math.min(...wakeAt.values())),
    settled() {
      if (scheduled === undefined && woken.size === 0) return Promise.resolve();
      return new Promise(resolve => waiting.push(resolve));
    },
    stop() {
      stopped = true;
      unsubscribe();
      clearTimeout(timer);
      clearImmediate(scheduled);
      for (const resolve of waiting) resolve();
    },
  };
}

function viewOf(cluster: Cluster): ClusterView {
  const lists = new Map<string, { storage: string; objects: readonly KubeObject[] }>();
  // A list is shared until its storage changes: every controller of a round asks for the same ones.
  cluster.state.onChange(change => {
    for (const [key, list] of lists) if (list.storage === change.storage) lists.delete(key);
  });
  return {
    world: cluster.world,
    get: (ref: Ref) => findByRef(cluster, ref),
    list(kind, namespace) {
      const resource = cluster.resources.ofKind(kind);
      if (resource === undefined) return [];
      const prefix = namespace === undefined ? '' : `${namespace}/`;
      const key = `${kind} ${prefix}`;
      const known = lists.get(key);
      if (known !== undefined) return known.objects;
      const storage = storageOf(resource);
      const objects = cluster.state.list(storage, prefix);
      lists.set(key, { storage, objects });
      return objects;
    },
  };
}

/** Gone, changed or on its way out meanwhile; anything else is a fault of the controller. */
const expectedRefusals = new Set([403, 404, 409]);

/** Does what a controller asked for. What another change made impossible is left: the next round sees the new state. */
function perform(cluster: Cluster, { operation, from }: { operation: Operation; from: string }): void {
  try {
    switch (operation.do) {
      case 'create':
        write(cluster, { object: operation.object, from, how: 'create' });
        return;
      case 'update':
      case 'status':
        write(cluster, { object: operation.object, from, how: operation.do });
        return;
      case 'delete':
        remove(cluster, operation);
        return;
      case 'event':
        recordEvent(cluster, operation);
        return;
    }
  } catch (error) {
    const code = statusBody(error)?.code;
    if (code === undefined || !expectedRefusals.has(code)) throw error;
  }
}

function write(
  cluster: Cluster,
  { object, from, how }: { object: KubeObject; from: string; how: 'create' | 'update' | 'status' },
): void {
  const resource = cluster.resources.ofKind(object.kind, object.apiVersion);
  if (resource === undefined) return;
  const manager = managerOf(from);
  if (how === 'create') {
    createObject(cluster, { resource, object, dryRun: false, manager, keepStatus: true });
    return;
  }
  const live = findByRef(cluster, {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name: object.metadata.name,
    ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
  });
  if (live === undefined || live.metadata.uid !== object.metadata.uid) return;
  updateObject(cluster, {
    resource,
    live,
    object,
    dryRun: false,
    manager,
    byController: true,
    ...(how === 'status' ? { subresource: 'status' } : {}),
  });
}

function remove(cluster: Cluster, operation: Operation & { do: 'delete' }): void {
  const live = findByRef(cluster, operation.target);
  const resource = cluster.resources.ofKind(operation.target.kind, operation.target.apiVersion);
  if (live === undefined || resource === undefined || live.metadata.uid !== operation.uid) return;
  deleteObject(cluster, {
    resource,
    live,
    dryRun: false,
    graceSeconds: operation.graceSeconds,
    propagation: operation.propagation,
  });
}

// Who a real cluster would name in managedFields.
const nodeAgents = new Set(['pod', 'kubelet', 'node']);

function managerOf(controller: string): string {
  if (nodeAgents.has(controller)) return 'kubelet';
  return controller === 'scheduler' ? 'kube-scheduler' : 'kube-controller-manager';
}
