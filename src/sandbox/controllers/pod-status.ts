import type { JsonObject } from '../../core/json.ts';
import { type Condition, conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import type { PodLife } from './container-life.ts';
import { timestampAt } from './naming.ts';

/** The status of a pod from its containers: phase, conditions, addresses. */
export function podStatus(
  pod: Pod,
  { life, place, nowMs }: { life: PodLife; place: { hostIP: string; podIP: () => string }; nowMs: number },
): JsonObject {
  const { init, main } = life;
  const before = pod.status ?? {};
  const running = [...init, ...main].some(
    status => status.state?.running !== undefined || status.state?.terminated !== undefined,
  );
  const podIP = before.podIP ?? (running ? place.podIP() : undefined);
  const phase = phaseFrom(pod, main);
  return {
    ...(before.qosClass === undefined ? {} : { qosClass: before.qosClass }),
    phase,
    conditions: conditions(pod, { life, phase, nowMs }),
    hostIP: place.hostIP,
    hostIPs: [{ ip: place.hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime: before.startTime ?? timestampAt(nowMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
  };
}

function phaseFrom(pod: Pod, main: readonly ContainerStatus[]): string {
  if (main.some(status => status.state?.waiting !== undefined)) {
    return main.some(status => status.restartCount > 0 || status.state?.running !== undefined)
      ? (pod.status?.phase ?? 'Pending')
      : 'Pending';
  }
  if (main.every(status => status.state?.terminated !== undefined)) {
    return main.every(status => status.state?.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
  }
  return 'Running';
}

function conditions(
  pod: Pod,
  { life, phase, nowMs }: { life: PodLife; phase: string; nowMs: number },
): Condition[] {
  const { init, main } = life;
  const initialized = init.every(status => isThrough(pod, status));
  const unready = main.filter(status => !status.ready).map(status => status.name);
  const ended = phase === 'Succeeded';
  const why = ended
    ? { reason: 'PodCompleted' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const readiness = unready.length === 0 && initialized ? { status: 'True' } : { status: 'False', ...why };
  const gatesMet = (pod.spec.readinessGates ?? []).every(
    gate => conditionOf(pod.status?.conditions, gate.conditionType)?.status === 'True',
  );
  const own: Omit<Condition, 'lastTransitionTime'>[] = [
    { type: 'PodReadyToStartContainers', status: ended ? 'False' : 'True' },
    initialized
      ? { type: 'Initialized', status: 'True', ...(ended ? { reason: 'PodCompleted' } : {}) }
      : { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized' },
    gatesMet || readiness.status === 'False'
      ? { type: 'Ready', ...readiness }
      : { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' },
    { type: 'ContainersReady', ...readiness },
    { type: 'PodScheduled', status: 'True' },
  ];
  const ownTypes = new Set(own.map(condition => condition.type));
  const foreign = (pod.status?.conditions ?? []).filter(condition => !ownTypes.has(condition.type));
  return [...own.map(condition => timed(pod, { condition, nowMs })), ...foreign];
}

/** An init container lets the next one start when it has ended well, one that keeps running as soon as it runs. */
function isThrough(pod: Pod, status: ContainerStatus): boolean {
  const container = pod.spec.initContainers?.find(each => each.name === status.name);
  return container?.restartPolicy === 'Always'
    ? status.started === true
    : status.state?.terminated?.exitCode === 0;
}

function timed(
  pod: Pod,
  { condition, nowMs }: { condition: Omit<Condition, 'lastTransitionTime'>; nowMs: number },
): Condition {
  const before = conditionOf(pod.status?.conditions, condition.type);
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return { ...condition, lastProbeTime: null, lastTransitionTime: since ?? timestampAt(nowMs) };
}
