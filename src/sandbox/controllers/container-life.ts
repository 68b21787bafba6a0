import type { Container, ContainerStatus } from '../../kubernetes/kinds/pod.ts';
import { behaviourOf } from '../world.ts';
import { guessBackOff, leave, replace, restart, stopped, terminatedOf } from './container-exit.ts';
import { probeContainer } from './container-probes.ts';
import { doesStep, type ProgramEnd, plannedEnd, startSteps, stepEveryMs } from './container-program.ts';
import { failedStartMs, startContainer } from './container-start.ts';
import { type Frame, memoryOfContainer } from './kubelet.ts';

/** What a kubelet stops ends with: the program does not catch the signal (128 + 15). */
const stoppedCode = 143;

/** The containers of a pod as they are now. */
export interface PodLife {
  init: ContainerStatus[];
  main: ContainerStatus[];
}

/** How the containers of a pod stand before anything has been done for them. */
export function createLife({ pod }: Frame): PodLife {
  const first = pod.spec.initContainers === undefined ? 'ContainerCreating' : 'PodInitializing';
  return {
    init: (pod.spec.initContainers ?? []).map(each => waiting(each, first)),
    main: pod.spec.containers.map(each => waiting(each, first)),
  };
}

function waiting(container: Container, reason: string): ContainerStatus {
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    started: false,
    restartCount: 0,
    state: { waiting: { reason } },
    lastState: {},
  };
}

/**
 * Moves each container on by what time has done since its last status. Init containers go first, one after the other:
 * one that ends has to end well, one that keeps running has to have started.
 */
export function advanceContainers(frame: Frame): PodLife {
  const { pod } = frame;
  const fresh = createLife(frame);
  let mayStart = true;
  const init = (pod.spec.initContainers ?? []).map((container, index) => {
    const before = find(pod.status?.initContainerStatuses, container) ?? fresh.init[index];
    if (before === undefined || !mayStart) return before ?? waiting(container, 'PodInitializing');
    const status = advance(frame, { container, before, isInit: true });
    mayStart = isThrough(container, status);
    return status;
  });
  // Init containers do not run again for a pod whose others have started, but those that keep running do.
  const begun = (pod.status?.containerStatuses ?? []).some(each => (each.containerID ?? '') !== '');
  const main = pod.spec.containers.map((container, index) => {
    const before =
      find(pod.status?.containerStatuses, container) ??
      fresh.main[index] ??
      waiting(container, 'PodInitializing');
    return mayStart || begun ? advance(frame, { container, before, isInit: false }) : before;
  });
  const over = main.every(each => each.state?.terminated !== undefined);
  return { init: over ? init.map(each => endSidecar(frame, each)) : init, main };
}

function find(
  statuses: readonly ContainerStatus[] | undefined,
  { name }: Container,
): ContainerStatus | undefined {
  return statuses?.find(status => status.name === name);
}

/** Whether the containers after an init container may start. */
export function isThrough(container: Container | undefined, status: ContainerStatus): boolean {
  return container?.restartPolicy === 'Always'
    ? status.started === true
    : status.state?.terminated?.exitCode === 0;
}

type Step = { container: Container; before: ContainerStatus; isInit: boolean };

function advance(frame: Frame, step: Step): ContainerStatus {
  const { container, before } = step;
  const { state, lastState } = before;
  const isSame = hasImage(before, container);
  meet(frame, { ...step, isSame });
  if (state?.running !== undefined) {
    return isSame || step.isInit
      ? advanceRunning(frame, step)
      : replace(frame, { ...step, why: 'definition changed', exitCode: 0 });
  }
  if (state?.terminated !== undefined) return before;
  const ended = lastState?.terminated;
  if (ended !== undefined && isSame) {
    const sinceMs = Date.parse(ended.finishedAt ?? '');
    if (state?.waiting?.reason === 'CrashLoopBackOff') return restart(frame, { ...step, sinceMs });
    if (state?.waiting?.reason === 'RunContainerError') {
      if (sinceMs + failedStartMs <= frame.nowMs) return leave(frame, { ...step, terminated: ended });
      frame.moments.push(sinceMs + failedStartMs);
      return before;
    }
  }
  return startContainer(frame, step);
}

/** A container runtime may tell an image with the registry that its short name means. */
function hasImage({ image = '' }: ContainerStatus, container: Container): boolean {
  return image === (container.image ?? '') || image.endsWith(`/${container.image}`);
}

/** Another image is another container, of which nothing is known; one that ran before has started long since. */
function meet(frame: Frame, { container, before, isSame }: Step & { isSame: boolean }): void {
  const { containers } = frame.memory;
  if (isSame && containers.has(container.name)) return;
  const crash = isSame ? guessBackOff(before) : undefined;
  const checked = isSame && before.state?.running !== undefined ? Number.POSITIVE_INFINITY : 0;
  containers.set(container.name, { ...(crash === undefined ? {} : { crash }), checked, probes: {} });
}

function advanceRunning(frame: Frame, step: Step): ContainerStatus {
  const { container, before, isInit } = step;
  const startedMs = Date.parse(before.state?.running?.startedAt ?? '');
  const end = endOf(frame, { ...step, startedMs });
  if (end !== undefined && end.atMs <= frame.nowMs)
    return leave(frame, { ...step, terminated: terminatedOf(before, end) });
  if (end !== undefined) frame.moments.push(end.atMs);
  // Only init containers that keep running are probed.
  if (isInit && container.restartPolicy !== 'Always') return { ...before, started: true };
  const verdict = probeContainer(frame, { container, status: before, startedMs });
  if (verdict.failed !== undefined)
    return replace(frame, { ...step, why: `failed ${verdict.failed} probe`, exitCode: stoppedCode });
  return { ...before, started: verdict.started, ready: verdict.ready };
}

/** How and when the program ends by itself, as far as that can be told now. */
function endOf(
  frame: Frame,
  { container, startedMs, isInit }: Step & { startedMs: number },
): ProgramEnd | undefined {
  const { pod, view, nowMs } = frame;
  const planned = plannedEnd(view.world, { pod, container, isInit, startedMs });
  const memory = memoryOfContainer(frame, container);
  for (const step of startSteps(behaviourOf(view.world, container.image ?? '')).slice(memory.checked)) {
    const atMs = startedMs + (memory.checked + 1) * stepEveryMs;
    if (planned !== undefined && planned.atMs < atMs) break;
    if (atMs > nowMs) {
      frame.moments.push(atMs);
      break;
    }
    if (!doesStep(view, { pod, container, step })) return { atMs, exitCode: 1, reason: 'Error' };
    memory.checked += 1;
  }
  return planned;
}

/** Who only serves the others is stopped when they have ended for good. */
function endSidecar(frame: Frame, status: ContainerStatus): ContainerStatus {
  const running = status.state?.running !== undefined;
  const waits = status.state?.waiting !== undefined && status.lastState?.terminated !== undefined;
  if (!running && !waits) return status;
  return stopped(status, { exitCode: 0, reason: 'Completed', atMs: frame.nowMs });
}
