import type { JsonObject } from '../../core/json.ts';
import type { ContainerStatus, Pod } from '../../kubernetes/kinds/pod.ts';
import { stopped } from './container-exit.ts';
import { createLife } from './container-life.ts';
import { type Frame, tell } from './kubelet.ts';
import { podStatus } from './pod-status.ts';

const killedCode = 137;
const reason = 'DeadlineExceeded';
const message = 'Pod was active on the node longer than the specified deadline';

/** When the time is over that a pod has for all its containers and restarts. */
export function expiresAt({ spec, status }: Pod): number {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined)
    return Number.POSITIVE_INFINITY;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1_000;
}

/** The status of a pod that has had its time: failed, and all that ran in it stopped. */
export function expire(frame: Frame, { hostIP }: { hostIP: string }): JsonObject {
  const { pod, nowMs } = frame;
  const fresh = createLife(frame);
  const end = (status: ContainerStatus): ContainerStatus =>
    status.state?.running === undefined
      ? status
      : stopped(status, { exitCode: killedCode, reason: 'Error', atMs: nowMs });
  tell(frame, { reason, message });
  const life = {
    init: (pod.status?.initContainerStatuses ?? fresh.init).map(end),
    main: (pod.status?.containerStatuses ?? fresh.main).map(end),
  };
  const place = { hostIP, ...(pod.status?.podIP === undefined ? {} : { podIP: pod.status.podIP }) };
  return podStatus(pod, { life, place, sandboxed: false, nowMs, failed: { reason, message } });
}
