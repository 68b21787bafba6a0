import type { Container, ContainerStatus, StateTerminated } from '../../kubernetes/kinds/pod.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import { startContainer } from './container-start.ts';
import { type BackOff, type Frame, memoryOfContainer, nextBackOff, tell, warn } from './kubelet.ts';

/**
 * The waits before a restart (Kubernetes documentation, "Pod Lifecycle"): none before the first, then ten seconds, doubled
 * each time; ten minutes after a start the waits are forgotten.
 */
const firstRestartWaitMs = 10_000;
const longestRestartWaitMs = 300_000;
const forgottenAfterMs = 600_000;

export interface Exit {
  container: Container;
  before: ContainerStatus;
  isInit: boolean;
}

/** What has ended with a status; `signal` where a kubelet stopped it. */
export function terminatedOf(
  before: ContainerStatus,
  { exitCode, reason, atMs }: { exitCode: number; reason: string; atMs: number },
): StateTerminated {
  return {
    exitCode,
    reason,
    startedAt: before.state?.running?.startedAt ?? timestampAt(atMs),
    finishedAt: timestampAt(atMs),
    ...(before.containerID === undefined ? {} : { containerID: before.containerID }),
  };
}

/** A container that somebody else has ended for good. */
export function stopped(before: ContainerStatus, end: Parameters<typeof terminatedOf>[1]): ContainerStatus {
  return { ...before, ready: false, started: false, state: { terminated: terminatedOf(before, end) } };
}

/** What becomes of a container whose program has ended: it stays so, starts again, or waits before it does. */
export function leave(
  frame: Frame,
  { container, before, isInit, terminated }: Exit & { terminated: StateTerminated },
): ContainerStatus {
  const ended: ContainerStatus = {
    ...before,
    // An init container that has done its work is ready for good.
    ready: isInit && container.restartPolicy !== 'Always' && terminated.exitCode === 0,
    started: false,
  };
  if (!isRestarted(frame, { container, isInit, exitCode: terminated.exitCode }))
    return { ...ended, state: { terminated }, lastState: before.lastState ?? {} };
  return restart(frame, {
    container,
    isInit,
    before: { ...ended, state: {}, lastState: { terminated } },
    sinceMs: Date.parse(terminated.finishedAt ?? ''),
  });
}

/** Starts a container again as soon as its back-off allows; sinceMs: from when that counts. */
export function restart(
  frame: Frame,
  { container, before, isInit, sinceMs }: Exit & { sinceMs: number },
): ContainerStatus {
  const memory = memoryOfContainer(frame, container);
  const isWaiting = before.state?.waiting?.reason === 'CrashLoopBackOff';
  const last =
    memory.crash !== undefined && frame.nowMs - memory.crash.atMs < forgottenAfterMs
      ? memory.crash
      : undefined;
  const dueMs =
    last === undefined ? frame.nowMs : Math.min(sinceMs + last.delayMs, last.atMs + forgottenAfterMs);
  if (last !== undefined && dueMs > frame.nowMs) {
    frame.moments.push(dueMs);
    return isWaiting ? before : backOff(frame, { container, before, delayMs: last.delayMs });
  }
  memory.crash = nextBackOff(last, {
    firstMs: firstRestartWaitMs,
    longestMs: longestRestartWaitMs,
    nowMs: frame.nowMs,
  });
  return startContainer(frame, { container, before, isInit });
}

/** A kubelet that has not seen the earlier restarts of a container takes their count for what they were. */
export function guessBackOff({ restartCount, lastState }: ContainerStatus): BackOff | undefined {
  const atMs = Date.parse(lastState?.terminated?.finishedAt ?? '');
  if (restartCount === 0 || Number.isNaN(atMs)) return undefined;
  const delayMs = Math.min(firstRestartWaitMs * 2 ** Math.min(restartCount - 1, 10), longestRestartWaitMs);
  return { delayMs, atMs };
}

function backOff(
  frame: Frame,
  { container, before, delayMs }: { container: Container; before: ContainerStatus; delayMs: number },
): ContainerStatus {
  const { name, namespace = '', uid = '' } = frame.pod.metadata;
  const pod = `${name}_${namespace}(${uid})`;
  const message = `Back-off restarting failed container ${container.name} in pod ${pod}`;
  warn(frame, { reason: 'BackOff', message, container });
  const minutes = Math.floor(delayMs / 60_000);
  const wait = `${minutes === 0 ? '' : `${minutes}m`}${(delayMs % 60_000) / 1_000}s`;
  const waiting = {
    reason: 'CrashLoopBackOff',
    message: `back-off ${wait} restarting failed container=${container.name} pod=${pod}`,
  };
  return { ...before, state: { waiting } };
}

function isRestarted(
  { pod }: Frame,
  { container, isInit, exitCode }: { container: Container; isInit: boolean; exitCode: number },
): boolean {
  if (container.restartPolicy === 'Always') return true;
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (isInit) return exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** A running container that its kubelet stops in order to start it again: its image changed, or a probe asks for it. */
export function replace(frame: Frame, exit: Exit & { why: string; exitCode: number }): ContainerStatus {
  const { container, before, isInit, why, exitCode } = exit;
  tell(frame, {
    reason: 'Killing',
    message: `Container ${container.name} ${why}, will be restarted`,
    container,
  });
  const terminated = terminatedOf(before, {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    atMs: frame.nowMs,
  });
  const next = { ...before, ready: false, started: false, state: {}, lastState: { terminated } };
  if (!isRestarted(frame, { container, isInit, exitCode })) return { ...next, state: { terminated } };
  // The wait counts from the end of the instance before, for this one has just been alive; the first one has none.
  const sinceMs = Date.parse(before.lastState?.terminated?.finishedAt ?? '');
  return exitCode === 0 || Number.isNaN(sinceMs)
    ? startContainer(frame, { container, before: next, isInit })
    : restart(frame, { container, isInit, before: next, sinceMs });
}
