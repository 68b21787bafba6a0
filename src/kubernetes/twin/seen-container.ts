import { conditionOf } from '../kinds/condition.ts';
import type { Container, ContainerStatus, Pod } from '../kinds/pod.ts';

/** What a container uses now. */
export interface Usage {
  memoryMi: number;
  cpuMilli: number;
}

/** One container of a live pod; `used` is absent where usage is not measured. */
export interface Seen {
  pod: Pod;
  container: Container;
  status: ContainerStatus | undefined;
  used: Usage | undefined;
}

/** Two ends this near to now are a loop: the longest wait between two tries is five minutes. */
const loopMs = 600_000;

/** What is wrong with a container for a reason of its image. */
export type Broken = 'no image' | 'out of memory' | 'no such program' | 'ends again and again' | 'not ready';

/** How a container fares; `by configuration`: it waits for what its pod lacks, or has not begun. */
export function stateOf(
  { pod, container, status }: Seen,
  nowMs: number,
): 'well' | 'by configuration' | Broken {
  const waiting = status?.state?.waiting?.reason ?? '';
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (['ImagePullBackOff', 'ErrImagePull'].includes(waiting)) return 'no image';
  const sinceMs = nowMs - Date.parse(ended?.finishedAt ?? '');
  const loops =
    waiting === 'CrashLoopBackOff' ||
    waiting === 'RunContainerError' ||
    (ended !== undefined &&
      (status?.state?.terminated !== undefined
        ? ended.exitCode !== 0
        : (status?.restartCount ?? 0) > 1 && sinceMs < loopMs));
  if (loops && ended !== undefined) {
    if (ended.reason === 'OOMKilled') return 'out of memory';
    return ended.reason === 'StartError' || ended.reason === 'ContainerCannotRun'
      ? 'no such program'
      : 'ends again and again';
  }
  if (status?.state?.running === undefined) return ended?.exitCode === 0 ? 'well' : 'by configuration';
  const isMain = pod.spec.containers.includes(container);
  return isMain && !status.ready ? 'not ready' : 'well';
}

/** `namespace/pod/container` */
export function placeOf({ pod: { metadata }, container }: Seen): string {
  return `${metadata.namespace}/${metadata.name}/${container.name}`;
}

/** Of what ran to its end, as jobs do: how long it took. */
export function endedAfter({ pod, status }: Seen): number | undefined {
  const ended = status?.state?.terminated;
  return pod.spec.restartPolicy === 'Always' || ended === undefined
    ? undefined
    : Math.max(1, secondsOf(ended) ?? 1);
}

/** How long it ran; undefined where that is not told. */
export function secondsOf(
  ended: { startedAt?: string; finishedAt?: string } | undefined,
): number | undefined {
  const seconds = (Date.parse(ended?.finishedAt ?? '') - Date.parse(ended?.startedAt ?? '')) / 1_000;
  // A start that never came is told as one of 1970.
  return seconds >= 0 && seconds < 86_400 ? seconds : undefined;
}

/** The containers of a pod with their statuses and what they use. */
export function containersOf(pod: Pod, usage: ReadonlyMap<string, Usage>): Seen[] {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses];
  // An evicted pod says nothing of its containers, and one that has no node has none yet.
  if (conditionOf(pod.status?.conditions, 'PodScheduled')?.status !== 'True') return [];
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(container => ({
    pod,
    container,
    status: statuses.find(({ name }) => name === container.name),
    used: usage.get(`${pod.metadata.namespace}/${pod.metadata.name}/${container.name}`),
  }));
}
