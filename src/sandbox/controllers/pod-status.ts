import type { JsonObject } from '../../core/json.ts';
import { qualityOfService } from '../../kubernetes/allocation.ts';
import { type Condition, conditionOf, transitionTime } from '../../kubernetes/kinds/condition.ts';
import type { ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import { isThrough, type PodLife } from './container-life.ts';
import { observed } from './owners.ts';

/** What the status of a pod follows from. failed: the kubelet itself ended it, and why. */
interface Known {
  life: PodLife;
  place: { hostIP: string; podIP?: string };
  /** Whether its containers may be started at all: its volumes are mounted, it has an address. */
  sandboxed: boolean;
  nowMs: number;
  failed?: { reason: string; message: string };
}

/** The status of a pod from its containers: phase, conditions, addresses. */
export function podStatus(pod: Pod, known: Known): JsonObject {
  const { life, place, nowMs, failed } = known;
  const before = pod.status ?? {};
  const phase = failed === undefined ? phaseFrom(pod, life) : 'Failed';
  const podIP = before.podIP ?? place.podIP;
  return {
    ...observed(pod),
    qosClass: before.qosClass ?? qualityOfService(pod.spec),
    phase,
    ...failed,
    conditions: conditions(pod, { ...known, phase }),
    hostIP: place.hostIP,
    hostIPs: [{ ip: place.hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime: before.startTime ?? timestampAt(nowMs),
    ...(life.init.length === 0 ? {} : { initContainerStatuses: life.init }),
    containerStatuses: life.main,
  };
}

/** The phase as a kubelet tells it: a container that waits after an end counts as one that has ended. */
function phaseFrom(pod: Pod, { init, main }: PodLife): string {
  const ends = main.map(endOf);
  const waits = main.some(
    (status, index) => status.state?.waiting !== undefined && ends[index] === undefined,
  );
  const initEnds = init.map(endOf);
  const never = pod.spec.restartPolicy === 'Never';
  const initFailed = never && init.some((_, index) => initEnds[index] !== undefined && initEnds[index] !== 0);
  if (initFailed && !isAnyBegun(main)) return 'Failed';
  const initWaits = init.some(status => !isThrough(specOf(pod, status), status));
  if ((initWaits && !isAnyBegun(main)) || waits) return 'Pending';
  if (main.some(status => status.state?.running !== undefined)) return 'Running';
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Always') return 'Running';
  if (ends.every(exitCode => exitCode === 0)) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function endOf({ state, lastState }: ContainerStatus): number | undefined {
  if (state?.running !== undefined) return undefined;
  return (state?.terminated ?? lastState?.terminated)?.exitCode;
}

function isAnyBegun(statuses: readonly ContainerStatus[]): boolean {
  return statuses.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
}

function specOf(pod: Pod, { name }: ContainerStatus) {
  return pod.spec.initContainers?.find(each => each.name === name);
}

type Untimed = Omit<Condition, 'lastTransitionTime'>;

function conditions(pod: Pod, known: Known & { phase: string }): Condition[] {
  const { life, phase, sandboxed, nowMs } = known;
  const readiness = readinessOf(pod, known);
  const gates = unmetGates(pod);
  const own: Untimed[] = [
    {
      type: 'PodReadyToStartContainers',
      status: sandboxed && phase !== 'Succeeded' && phase !== 'Failed' ? 'True' : 'False',
    },
    { type: 'Initialized', ...initialization(pod, { life, phase }) },
    gates.length === 0 || readiness.status === 'False'
      ? { type: 'Ready', ...readiness }
      : { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: gates.join(', ') },
    { type: 'ContainersReady', ...readiness },
    { type: 'PodScheduled', status: 'True' },
  ];
  const ownTypes = new Set(own.map(condition => condition.type));
  const foreign = (pod.status?.conditions ?? []).filter(condition => !ownTypes.has(condition.type));
  return [...own.map(condition => timed(pod, { condition, nowMs })), ...foreign];
}

function readinessOf(pod: Pod, { life, phase }: Known & { phase: string }): Omit<Untimed, 'type'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = life.init.filter(status => specOf(pod, status)?.restartPolicy === 'Always');
  const unready = [...sidecars, ...life.main].filter(status => !status.ready).map(status => status.name);
  if (unready.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${unready.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function initialization(pod: Pod, { life, phase }: { life: PodLife; phase: string }): Omit<Untimed, 'type'> {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const incomplete = life.init.filter(status => !isThrough(specOf(pod, status), status));
  if (incomplete.length === 0 || isAnyBegun(life.main)) return { status: 'True' };
  const names = incomplete.map(status => status.name).join(' ');
  const message = `containers with incomplete status: [${names}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function unmetGates(pod: Pod): string[] {
  return (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = conditionOf(pod.status?.conditions, conditionType);
    if (found?.status === 'True') return [];
    return found === undefined
      ? [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`];
  });
}

function timed(pod: Pod, { condition, nowMs }: { condition: Untimed; nowMs: number }): Condition {
  return {
    ...condition,
    ...observed(pod),
    lastProbeTime: null,
    lastTransitionTime: transitionTime(pod.status?.conditions, { ...condition, time: timestampAt(nowMs) }),
  };
}
