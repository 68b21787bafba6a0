import type { Container, ContainerState, ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { behaviourOf, type ImageBehaviour, isMissing, type World } from '../world.ts';
import type { Operation } from './controller.ts';
import { timestampAt, uidFrom } from './naming.ts';

/** From seeing a pod to its images being there. */
const pullMs = 500;
/** From a pull that failed to waiting before the next. The wait itself never ends: a missing image stays missing. */
const backOffAfterMs = 1_000;
/** A program of a job that the world says nothing about. */
const jobRunSeconds = 3;

/** The containers of a pod as they are now, what there is to tell about them, and when they change next by themselves. */
export interface PodLife {
  init: ContainerStatus[];
  main: ContainerStatus[];
  events: Operation[];
  nextMs: number;
}

interface Frame {
  pod: Pod;
  world: World;
  nowMs: number;
  events: Operation[];
  moments: number[];
}

/** Moves each container on by what time has done since its last status. Init containers run one after the other, first. */
export function advanceContainers({ pod, world, nowMs }: { pod: Pod; world: World; nowMs: number }): PodLife {
  const frame: Frame = { pod, world, nowMs, events: [], moments: [] };
  const init: ContainerStatus[] = [];
  let mayStart = true;
  for (const container of pod.spec.initContainers ?? []) {
    const before = find(pod.status?.initContainerStatuses, container);
    const status: ContainerStatus = mayStart
      ? advance(frame, { container, before, isInit: true })
      : waiting(container, 'PodInitializing');
    init.push(status);
    mayStart &&=
      container.restartPolicy === 'Always'
        ? status.started === true
        : status.state?.terminated?.exitCode === 0;
  }
  const main = pod.spec.containers.map(container => {
    const before = find(pod.status?.containerStatuses, container);
    return mayStart
      ? advance(frame, { container, before, isInit: false })
      : waiting(container, 'PodInitializing');
  });
  return { init, main, events: frame.events, nextMs: Math.min(...frame.moments) };
}

function find(
  statuses: readonly ContainerStatus[] | undefined,
  container: Container,
): ContainerStatus | undefined {
  return statuses?.find(status => status.name === container.name);
}

type Step = { container: Container; before: ContainerStatus | undefined; isInit: boolean };

function advance(frame: Frame, step: Step): ContainerStatus {
  const { container, before } = step;
  const image = container.image ?? '';
  const state = before?.state;
  if (before === undefined || frame.pod.status?.startTime === undefined) {
    frame.moments.push(frame.nowMs + pullMs);
    return waiting(container, 'ContainerCreating');
  }
  if (state?.running !== undefined) {
    return before.image === image
      ? advanceRunning(frame, { ...step, before })
      : restart(frame, { ...step, before });
  }
  if (state?.terminated !== undefined) return before;
  return isMissing(frame.world, image)
    ? failPull(frame, { ...step, before })
    : awaitStart(frame, { ...step, before });
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

type Known = Step & { before: ContainerStatus };

function awaitStart(frame: Frame, { container, before, isInit }: Known): ContainerStatus {
  // The pull counts from the pod's own start; containers that waited for others start without one.
  const pulledMs = Date.parse(frame.pod.status?.startTime ?? '') + pullMs;
  if (pulledMs > frame.nowMs) {
    frame.moments.push(pulledMs);
    return before;
  }
  const image = container.image ?? '';
  tell(frame, { reason: 'Pulled', message: `Container image "${image}" already present on machine` });
  tell(frame, { reason: 'Created', message: `Container created: ${container.name}` });
  tell(frame, { reason: 'Started', message: `Container started: ${container.name}` });
  return start(frame, { container, before, isInit });
}

function start(frame: Frame, { container, before, isInit }: Known): ContainerStatus {
  const image = container.image ?? '';
  const seed = `${frame.pod.metadata.uid}/${container.name}/${before.restartCount}`;
  const running: ContainerStatus = {
    ...before,
    image,
    imageID: `${image.replace(/[:@][^/]*$/, '')}@sha256:${digestFrom(image)}`,
    containerID: `containerd://${digestFrom(seed)}`,
    started: true,
    state: { running: { startedAt: timestampAt(frame.nowMs) } },
  };
  return advanceRunning(frame, { container, before: running, isInit });
}

function digestFrom(seed: string): string {
  return [0, 1].map(part => uidFrom(`${seed}/${part}`).replaceAll('-', '')).join('');
}

function advanceRunning(frame: Frame, { container, before, isInit }: Known): ContainerStatus {
  const behaviour = behaviourOf(frame.world, container.image ?? '');
  const startedMs = Date.parse(before.state?.running?.startedAt ?? '');
  const endMs = startedMs + runSecondsOf(frame.pod, { container, behaviour, isInit }) * 1_000;
  if (endMs <= frame.nowMs) return complete(before, { startedMs, endMs });
  const readyMs = startedMs + behaviour.startSeconds * 1_000;
  frame.moments.push(endMs, ...(readyMs > frame.nowMs ? [readyMs] : []));
  return { ...before, ready: readyMs <= frame.nowMs };
}

/** How long a container runs: until it is stopped, unless its pod is one that ends. */
function runSecondsOf(
  pod: Pod,
  { container, behaviour, isInit }: { container: Container; behaviour: ImageBehaviour; isInit: boolean },
): number {
  if (isInit)
    return container.restartPolicy === 'Always'
      ? Number.POSITIVE_INFINITY
      : Math.min(behaviour.runSeconds ?? 1, 5);
  const ends = (pod.spec.restartPolicy ?? 'Always') !== 'Always';
  return ends ? (behaviour.runSeconds ?? jobRunSeconds) : Number.POSITIVE_INFINITY;
}

function complete(
  before: ContainerStatus,
  { startedMs, endMs }: { startedMs: number; endMs: number },
): ContainerStatus {
  const terminated = {
    exitCode: 0,
    reason: 'Completed',
    startedAt: timestampAt(startedMs),
    finishedAt: timestampAt(endMs),
    ...(before.containerID === undefined ? {} : { containerID: before.containerID }),
  };
  return { ...before, ready: false, started: false, state: { terminated } };
}

/** The image of a running container was changed in its pod: the container starts again with the new one. */
function restart(frame: Frame, { container, before, isInit }: Known): ContainerStatus {
  const lastState: ContainerState = {
    terminated: {
      exitCode: 0,
      reason: 'Completed',
      startedAt: before.state?.running?.startedAt ?? '',
      finishedAt: timestampAt(frame.nowMs),
    },
  };
  const message = `Container ${container.name} definition changed, will be restarted`;
  tell(frame, { reason: 'Killing', message });
  const again = {
    ...waiting(container, 'ContainerCreating'),
    restartCount: before.restartCount + 1,
    lastState,
  };
  return isMissing(frame.world, container.image ?? '')
    ? failPull(frame, { container, before: again, isInit })
    : awaitStart(frame, { container, before: again, isInit });
}

/** ErrImagePull first, ImagePullBackOff a moment later and from then on. */
function failPull(frame: Frame, { container, before }: Known): ContainerStatus {
  const image = container.image ?? '';
  const reason = before.state?.waiting?.reason;
  if (reason === 'ImagePullBackOff' && before.image === image) return before;
  const pulledMs = Date.parse(frame.pod.status?.startTime ?? '') + pullMs;
  if (reason !== 'ErrImagePull' && pulledMs > frame.nowMs) {
    frame.moments.push(pulledMs);
    return before;
  }
  if (reason !== 'ErrImagePull') {
    const message = `Failed to pull image "${image}": rpc error: code = NotFound desc = failed to pull and unpack image "${image}": ${image}: not found`;
    tell(frame, { reason: 'Pulling', message: `Pulling image "${image}"` });
    warn(frame, { reason: 'Failed', message });
    warn(frame, { reason: 'Failed', message: 'Error: ErrImagePull' });
    frame.moments.push(frame.nowMs + backOffAfterMs);
    return { ...before, image, ready: false, state: { waiting: { reason: 'ErrImagePull', message } } };
  }
  if (pulledMs + backOffAfterMs > frame.nowMs) {
    frame.moments.push(pulledMs + backOffAfterMs);
    return before;
  }
  const message = `Back-off pulling image "${image}": ErrImagePull: ${image}: not found`;
  tell(frame, { reason: 'BackOff', message: `Back-off pulling image "${image}"` });
  warn(frame, { reason: 'Failed', message: 'Error: ImagePullBackOff' });
  return { ...before, state: { waiting: { reason: 'ImagePullBackOff', message } } };
}

function tell(frame: Frame, { reason, message }: { reason: string; message: string }): void {
  frame.events.push({ do: 'event', about: frame.pod, type: 'Normal', reason, message, from: 'kubelet' });
}

function warn(frame: Frame, { reason, message }: { reason: string; message: string }): void {
  frame.events.push({ do: 'event', about: frame.pod, type: 'Warning', reason, message, from: 'kubelet' });
}
