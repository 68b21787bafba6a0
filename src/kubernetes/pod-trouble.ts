import { conditionOf } from './kinds/condition.ts';
import type { ContainerStatus, Pod } from './kinds/pod.ts';

/** The one reason why a pod does not run as it should. */
export interface PodTrouble {
  /** As Kubernetes names it: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, `Evicted` … */
  reason: string;
  /** What the cluster says about it, one line; may be empty. */
  message: string;
  container?: string;
  /** How the last instance of the container ended. */
  exitCode?: number;
  /** False for what may pass by itself, such as a container that is being created. */
  decisive: boolean;
}

/** Waiting reasons that are a normal step on the way. */
const onTheWay = new Set(['ContainerCreating', 'PodInitializing', '']);

/**
 * The first decisive reason, in the order in which they stop a pod: it was evicted, has no node, its init containers
 * or its containers fail. Undefined for a pod that is fine or simply young.
 */
export function podTrouble(pod: Pod): PodTrouble | undefined {
  const { status } = pod;
  if (status?.phase === 'Succeeded') return undefined;
  if (status?.phase === 'Failed' && status.reason) {
    return { reason: status.reason, message: oneLine(status.message), decisive: true };
  }
  const scheduled = conditionOf(status?.conditions, 'PodScheduled');
  if (scheduled?.status === 'False') {
    return {
      reason: scheduled.reason ?? 'Unschedulable',
      message: oneLine(scheduled.message),
      decisive: true,
    };
  }
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const troubles = statuses.flatMap(each => containerTrouble(each, pod) ?? []);
  return troubles.find(trouble => trouble.decisive) ?? troubles[0];
}

function containerTrouble(status: ContainerStatus, pod: Pod): PodTrouble | undefined {
  const { name: container, state, lastState } = status;
  const waiting = state?.waiting;
  if (waiting !== undefined && !onTheWay.has(waiting.reason ?? '')) {
    const last = lastState?.terminated;
    const exit = last === undefined ? {} : { exitCode: last.exitCode };
    // A crash says nothing by itself; how the container ended does.
    const message =
      waiting.reason === 'CrashLoopBackOff' && last !== undefined ? describeEnd(last) : waiting.message;
    return { reason: waiting.reason ?? '', message: oneLine(message), container, ...exit, decisive: true };
  }
  const ended = state?.terminated;
  if (ended !== undefined && ended.exitCode !== 0) {
    const restarts = pod.spec.restartPolicy !== 'Never';
    return {
      reason: ended.reason || 'Error',
      message: oneLine(describeEnd(ended)),
      container,
      exitCode: ended.exitCode,
      // With a restart to come the next instance may do better.
      decisive: !restarts || pod.status?.phase === 'Failed',
    };
  }
  if (
    state?.running !== undefined &&
    !status.ready &&
    status.restartCount > 0 &&
    lastState?.terminated !== undefined
  ) {
    const { exitCode } = lastState.terminated;
    const reason = lastState.terminated.reason || 'Restarted';
    return {
      reason,
      message: oneLine(describeEnd(lastState.terminated)),
      container,
      exitCode,
      decisive: false,
    };
  }
  return undefined;
}

function describeEnd(end: { exitCode: number; reason?: string; message?: string }): string {
  const why = end.reason && end.reason !== 'Error' ? ` (${end.reason})` : '';
  return `last exit code ${end.exitCode}${why}${end.message ? `: ${end.message}` : ''}`;
}

/** As much of a message as fits a line; messages of a runtime can hold whole traces. */
const lineLength = 300;

function oneLine(message: string | undefined): string {
  const line = (message ?? '').replace(/\s+/g, ' ').trim();
  return line.length > lineLength ? `${line.slice(0, lineLength - 1)}…` : line;
}

/** The trouble as one phrase: `CrashLoopBackOff in container web: last exit code 1`. */
export function describeTrouble({ reason, container, message }: PodTrouble): string {
  return `${reason}${container === undefined ? '' : ` in container ${container}`}${message === '' ? '' : `: ${message}`}`;
}
