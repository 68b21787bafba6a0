import { containerEnvironment } from '../../kubernetes/container-environment.ts';
import type { Container, ContainerStatus } from '../../kubernetes/kinds/pod.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import { behaviourOf } from '../world.ts';
import { ensureImage, type Hold, isTryDue, tryDueMs } from './container-image.ts';
import { type Frame, memoryOfContainer, tell, warn } from './kubelet.ts';
import { uidFrom } from './naming.ts';

/** From a start that failed to the look at the pod that sees it has ended. */
export const failedStartMs = 1_000;
/** What a container runtime writes for a moment that never came. */
const never = '1970-01-01T00:00:00Z';

/**
 * Tries to start a container that is not running: its status while it waits for its image or its configuration, when the
 * runtime could not start it, or running.
 */
export function startContainer(
  frame: Frame,
  { container, before, isInit }: { container: Container; before: ContainerStatus; isInit: boolean },
): ContainerStatus {
  const memory = memoryOfContainer(frame, container);
  const behaviour = behaviourOf(frame.view.world, container.image ?? '');
  const probed = [container.startupProbe, container.readinessProbe].some(probe => probe !== undefined);
  // Where nothing tells when the program answers, its pod must not be ready before: the pull takes as long.
  const heldMs =
    probed || isInit || before.lastState?.terminated !== undefined ? 0 : behaviour.startSeconds * 1_000;
  memory.pulledMs ??= frame.nowMs + heldMs;
  if (memory.pulledMs > frame.nowMs) {
    frame.moments.push(memory.pulledMs);
    return { ...before, image: container.image ?? '' };
  }
  const held =
    heldByConfig(frame, { container, before }) ?? ensureImage(frame, { container, before, heldMs });
  const hold = held ?? checkConfig(frame, container);
  if (hold === undefined) return create(frame, { container, before });
  const state = { waiting: { ...hold } };
  return { ...before, image: container.image ?? '', ready: false, started: false, state };
}

/** Between two tries nothing is said of a container whose configuration is still not there. */
function heldByConfig(
  frame: Frame,
  { container, before }: { container: Container; before: ContainerStatus },
): Hold | undefined {
  const waits = before.state?.waiting?.reason === 'CreateContainerConfigError';
  if (!waits || tryDueMs(frame, `config/${container.name}`) <= frame.nowMs) return undefined;
  return checkConfig(frame, container);
}

function checkConfig(frame: Frame, container: Container): Hold | undefined {
  const { fault } = containerEnvironment(frame.view, { pod: frame.pod, container });
  const what = `config/${container.name}`;
  if (fault === undefined) {
    frame.memory.tries.delete(what);
    return undefined;
  }
  if (isTryDue(frame, what)) warn(frame, { reason: 'Failed', message: `Error: ${fault}`, container });
  return { reason: 'CreateContainerConfigError', message: fault };
}

function create(
  frame: Frame,
  { container, before }: { container: Container; before: ContainerStatus },
): ContainerStatus {
  const image = container.image ?? '';
  const isRestart = before.lastState?.terminated !== undefined;
  const restartCount = isRestart ? before.restartCount + 1 : before.restartCount;
  const created: ContainerStatus = {
    ...before,
    image,
    imageID: `${image.replace(/[:@][^/]*$/, '')}@sha256:${digestFrom(image)}`,
    containerID: `containerd://${digestFrom(`${frame.pod.metadata.uid}/${container.name}/${restartCount}`)}`,
    restartCount,
    ready: false,
    started: false,
  };
  tell(frame, { reason: 'Created', message: 'Container created', container });
  const program = container.command?.[0];
  if (program !== undefined && behaviourOf(frame.view.world, image).commands?.includes(program) === false)
    return failStart(frame, { container, created, program });
  tell(frame, { reason: 'Started', message: 'Container started', container });
  const { crash } = memoryOfContainer(frame, container);
  frame.memory.containers.set(container.name, {
    ...(crash === undefined ? {} : { crash }),
    pulledMs: frame.nowMs,
    checked: 0,
    probes: {},
  });
  return { ...created, state: { running: { startedAt: timestampAt(frame.nowMs) } } };
}

function failStart(
  frame: Frame,
  { container, created, program }: { container: Container; created: ContainerStatus; program: string },
): ContainerStatus {
  const why = program.startsWith('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH';
  const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${program}": ${why}`;
  warn(frame, { reason: 'Failed', message: `Error: ${message}`, container });
  frame.moments.push(frame.nowMs + failedStartMs);
  const terminated = {
    exitCode: 128,
    reason: 'StartError',
    message,
    startedAt: never,
    finishedAt: timestampAt(frame.nowMs),
    ...(created.containerID === undefined ? {} : { containerID: created.containerID }),
  };
  return {
    ...created,
    state: { waiting: { reason: 'RunContainerError', message } },
    lastState: { terminated },
  };
}

function digestFrom(seed: string): string {
  return [0, 1].map(part => uidFrom(`${seed}/${part}`).replaceAll('-', '')).join('');
}
