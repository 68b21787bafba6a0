import { isObject, type JsonObject } from '../core/json.ts';
import { type KubeObject, refOf } from '../kubernetes/object.ts';
import { Agenda, type Entry } from './agenda.ts';
import { type Cluster, findByRef } from './cluster.ts';
import type { Controller, Operation } from './controllers/controller.ts';
import { createObject } from './create-object.ts';
import { deleteObject } from './delete-object.ts';
import { EventLifetime } from './event-lifetime.ts';
import { recordEvent } from './record-event.ts';
import { storageOf } from './resource.ts';
import { statusBody } from './status.ts';
import { updateObject } from './update-object.ts';
import { StateView } from './view.ts';

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
  const view = new StateView(cluster.state, {
    world: cluster.world,
    storageOf(kind, apiVersion) {
      const resource = cluster.resources.ofKind(kind, apiVersion);
      return resource === undefined ? undefined : storageOf(resource);
    },
  });
  const agenda = new Agenda(controllers, view);
  const events = new EventLifetime(cluster);
  let timer: NodeJS.Timeout | undefined;
  let scheduled: NodeJS.Immediate | undefined;
  let stopped = false;
  let running = false;
  let waiting: (() => void)[] = [];

  const unsubscribe = cluster.state.onChange(change => {
    agenda.changed(change);
    schedule();
  });

  function schedule(): void {
    if (stopped || running || scheduled !== undefined || agenda.isEmpty) return;
    scheduled = setImmediate(run);
  }

  function run(): void {
    scheduled = undefined;
    clearTimeout(timer);
    agenda.wakeDue(cluster.clock.now());
    running = true;
    events.look();
    for (let round = 0; !agenda.isEmpty && round < roundsInARow; round++) {
      for (const entry of agenda.round()) ask(entry);
    }
    running = false;
    if (!agenda.isEmpty) {
      schedule();
      return;
    }
    const done = waiting;
    waiting = [];
    for (const resolve of done) resolve();
    sleep();
  }

  function ask(entry: Entry): void {
    const { controller, key } = entry;
    const nowMs = cluster.clock.now();
    try {
      const { operations, wakeAt } = controller.reconcile(view, nowMs, key);
      const refused = attemptAll(operations, controller.name);
      agenda.done(entry, { wakeAt, ...(refused ? { refusedAt: nowMs } : {}) });
    } catch (error) {
      // It rests until its next change.
      agenda.done(entry, {});
      onFault(error);
    }
  }

  /** Whether a creation was refused: what comes after it is then left, for what the controller wants instead. */
  function attemptAll(operations: readonly Operation[], from: string): boolean {
    for (const operation of operations) {
      const why = attempt(operation, from);
      if (why === undefined || operation.do !== 'create' || operation.refused === undefined) continue;
      for (const instead of operation.refused(why)) attempt(instead, from);
      return true;
    }
    return false;
  }

  /** One operation that fails does not keep the others from being done. Returns why admission refused it, if it did. */
  function attempt(operation: Operation, from: string): string | undefined {
    try {
      return perform(cluster, { operation, from });
    } catch (error) {
      onFault(error);
      return undefined;
    }
  }

  function nextWake(): number | undefined {
    const moments = [agenda.nextWake(), events.nextMs].filter(each => each !== undefined);
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  function sleep(): void {
    const next = nextWake();
    if (stopped || next === undefined) return;
    const delay = next - cluster.clock.now();
    timer = setTimeout(run, Math.min(Math.max(delay, 1), longestTimerMs));
    timer.unref();
  }

  schedule();
  return {
    wake() {
      if (!stopped && scheduled === undefined) scheduled = setImmediate(run);
    },
    nextWake,
    settled() {
      if (scheduled === undefined && agenda.isEmpty) return Promise.resolve();
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

/** Gone, changed or on its way out meanwhile; anything else is a fault of the controller. */
const expectedRefusals = new Set([403, 404, 409, 422]);
/** Those by which admission or validation turns down what a controller makes, and which it tells. */
const toldRefusals = new Set([403, 422]);

/**
 * Does what a controller asked for. What another change made impossible is left: the next round sees the new state.
 * Returns why the object was refused, where its controller has to hear of it.
 */
function perform(
  cluster: Cluster,
  { operation, from }: { operation: Operation; from: string },
): string | undefined {
  try {
    if (operation.do === 'delete') remove(cluster, operation);
    else if (operation.do === 'event') recordEvent(cluster, operation);
    else write(cluster, { object: operation.object, from, how: operation.do });
    return undefined;
  } catch (error) {
    const body = statusBody(error);
    if (body === undefined || !expectedRefusals.has(body.code)) throw error;
    // Nobody makes a fuss about a namespace that is on its way out.
    const told = toldRefusals.has(body.code) && !isTerminating(body);
    return told && typeof body['message'] === 'string' ? body['message'] : undefined;
  }
}

function isTerminating({ details }: JsonObject): boolean {
  const causes = isObject(details) ? details['causes'] : undefined;
  return (
    Array.isArray(causes) && causes.some(each => isObject(each) && each['reason'] === 'NamespaceTerminating')
  );
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
  const live = findByRef(cluster, refOf(object));
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
