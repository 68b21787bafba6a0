import { conditionOf } from './kinds/condition.ts';
import type { Container, ContainerStatus, Pod } from './kinds/pod.ts';
import { isReady } from './pod-readiness.ts';

/** What `kubectl get pods` says about a pod in one line. */
export interface PodSummary {
  ready: number;
  containers: number;
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, `Completed`, `Terminating` … */
  status: string;
  restarts: number;
  /** When the last restart was, by the end of the instance before it; absent when there was none. */
  lastRestartMs?: number;
}

/** Containers that start before the others and keep running (an init container that always restarts) count as containers. */
export function summarizePod(pod: Pod): PodSummary {
  const initSpecs = new Map((pod.spec.initContainers ?? []).map(container => [container.name, container]));
  const init = summarizeInit(pod, initSpecs);
  const initialized = conditionOf(pod.status?.conditions, 'Initialized')?.status === 'True';
  const main = init.blocking === undefined || initialized ? summarizeMain(pod) : undefined;

  const counted =
    main === undefined ? init.all : [...init.sidecars, ...(pod.status?.containerStatuses ?? [])];
  const lastRestartMs = Math.max(...counted.map(endOfLastInstance));
  return {
    ready: init.ready + (main?.ready ?? 0),
    containers: pod.spec.containers.length + [...initSpecs.values()].filter(isSidecar).length,
    status: finalStatus(pod, main?.status ?? init.blocking ?? phaseOf(pod)),
    restarts: counted.reduce((sum, status) => sum + status.restartCount, 0),
    ...(Number.isFinite(lastRestartMs) ? { lastRestartMs } : {}),
  };
}

function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always';
}

function endOfLastInstance(status: ContainerStatus): number {
  const finishedAt = status.lastState?.terminated?.finishedAt;
  return finishedAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(finishedAt);
}

function phaseOf(pod: Pod): string {
  const gated = pod.status?.conditions?.some(
    c => c.type === 'PodScheduled' && c.reason === 'SchedulingGated',
  );
  if (gated === true) return 'SchedulingGated';
  return pod.status?.reason || pod.status?.phase || '';
}

/** Goes through the init containers up to the first that is not done: that one names the pod's status. */
function summarizeInit(pod: Pod, specs: Map<string, Container>) {
  const statuses = pod.status?.initContainerStatuses ?? [];
  const all: ContainerStatus[] = [];
  let ready = 0;
  let blocking: string | undefined;
  for (const [index, status] of statuses.entries()) {
    all.push(status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (isSidecar(specs.get(status.name)) && status.started === true) {
      if (status.ready) ready += 1;
      continue;
    }
    blocking = `Init:${initTrouble(status) ?? `${index}/${specs.size}`}`;
    break;
  }
  return { all, ready, blocking, sidecars: all.filter(status => isSidecar(specs.get(status.name))) };
}

function initTrouble(status: ContainerStatus): string | undefined {
  if (status.state?.terminated !== undefined) return endReason(status.state.terminated);
  const waiting = status.state?.waiting?.reason;
  return waiting === undefined || waiting === '' || waiting === 'PodInitializing' ? undefined : waiting;
}

function endReason(end: { exitCode: number; signal?: number; reason?: string }): string {
  if (end.reason !== undefined && end.reason !== '') return end.reason;
  return end.signal ? `Signal:${end.signal}` : `ExitCode:${end.exitCode}`;
}

/** The first container with something to say names the status; one that ran to its end yields to those that still run. */
function summarizeMain(pod: Pod): { ready: number; status: string } {
  const statuses = pod.status?.containerStatuses ?? [];
  const serving = statuses.filter(
    status => status.ready && status.state?.running !== undefined && !isWaiting(status),
  );
  let status = phaseOf(pod);
  let failure: string | undefined;
  for (const entry of statuses.toReversed()) {
    const waiting = entry.state?.waiting?.reason;
    const ended = entry.state?.terminated;
    if (waiting !== undefined && waiting !== '') {
      status = waiting;
    } else if (ended !== undefined) {
      status = endReason(ended);
      if (ended.exitCode !== 0) failure = status;
    }
  }
  if (status === 'Completed') {
    if (serving.length > 0 && isReady(pod)) status = 'Running';
    else if (failure !== undefined) status = failure;
    else if (serving.length > 0) status = 'NotReady';
  }
  return { ready: serving.length, status };
}

function isWaiting(status: ContainerStatus): boolean {
  return (status.state?.waiting?.reason ?? '') !== '';
}

function finalStatus(pod: Pod, status: string): string {
  if (pod.metadata.deletionTimestamp === undefined) return status;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  return ended ? status : 'Terminating';
}
