import type { HorizontalPodAutoscaler, MetricStatus } from '../../kubernetes/kinds/autoscaling.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import type { ClusterView, Controller, Operation } from './controller.ts';
import { timestampAt } from './naming.ts';
import { isDeleting, statusOf, updateOf } from './owners.ts';

/** Load that the sandbox measures, in percent of the target: calm, so that the size stays within its bounds. */
const calmPercent = 60;

/** Keeps the target of an autoscaler between its bounds. Load is constant here, so nothing scales by it. */
export const autoscalerController: Controller = {
  name: 'autoscaler',
  watches: ['HorizontalPodAutoscaler', 'Deployment', 'StatefulSet'],
  reconcile(view, nowMs) {
    const operations: Operation[] = [];
    for (const autoscaler of ofKind(view.list('HorizontalPodAutoscaler'), 'HorizontalPodAutoscaler')) {
      if (!isDeleting(autoscaler)) operations.push(...scale(view, { autoscaler, nowMs }));
    }
    return { operations };
  },
};

function scale(
  view: ClusterView,
  { autoscaler, nowMs }: { autoscaler: HorizontalPodAutoscaler; nowMs: number },
): Operation[] {
  const { kind, name } = autoscaler.spec.scaleTargetRef;
  const target = view
    .list(kind, autoscaler.metadata.namespace)
    .find(object => object.metadata.name === name && (kind === 'Deployment' || kind === 'StatefulSet'));
  if (target === undefined) return statusOf(autoscaler, withoutTarget(autoscaler, nowMs));
  const current = replicasOf(target);
  // Somebody who scales to zero switches the autoscaler off.
  const wanted =
    current === 0
      ? 0
      : Math.min(Math.max(current, autoscaler.spec.minReplicas ?? 1), autoscaler.spec.maxReplicas);
  const operations = statusOf(
    autoscaler,
    statusFor(autoscaler, { current: observedOf(target), wanted, nowMs }),
  );
  if (wanted === current) return operations;
  const reason =
    wanted > current
      ? 'Current number of replicas below Spec.MinReplicas'
      : 'Current number of replicas above Spec.MaxReplicas';
  return [
    ...operations,
    updateOf({ ...target, spec: { ...target.spec, replicas: wanted } }),
    {
      do: 'event',
      about: autoscaler,
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${wanted}; reason: ${reason}`,
      from: 'horizontal-pod-autoscaler',
    },
  ];
}

function replicasOf(target: KubeObject): number {
  const replicas = target.spec?.['replicas'];
  return typeof replicas === 'number' ? replicas : 1;
}

function observedOf(target: KubeObject): number {
  const replicas = target.status?.['replicas'];
  return typeof replicas === 'number' ? replicas : 0;
}

function withoutTarget(autoscaler: HorizontalPodAutoscaler, nowMs: number) {
  const { kind, name } = autoscaler.spec.scaleTargetRef;
  const message = `the HPA controller was unable to get the target's current scale: ${kind.toLowerCase()}s "${name}" not found`;
  const conditions = [
    condition(autoscaler, { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message, nowMs }),
  ];
  return { currentReplicas: 0, desiredReplicas: 0, conditions };
}

function statusFor(
  autoscaler: HorizontalPodAutoscaler,
  { current, wanted, nowMs }: { current: number; wanted: number; nowMs: number },
) {
  const off = wanted === 0;
  const currentMetrics = (autoscaler.spec.metrics ?? []).flatMap((metric): MetricStatus[] => {
    const target = metric.resource?.target.averageUtilization;
    if (metric.resource === undefined || target === undefined) return [];
    const averageUtilization = Math.round((target * calmPercent) / 100);
    return [{ type: 'Resource', resource: { name: metric.resource.name, current: { averageUtilization } } }];
  });
  return {
    currentReplicas: current,
    desiredReplicas: wanted,
    ...(off || currentMetrics.length === 0 ? {} : { currentMetrics }),
    conditions: [
      condition(autoscaler, {
        type: 'AbleToScale',
        status: 'True',
        reason: 'ReadyForNewScale',
        message: 'recommended size matches current size',
        nowMs,
      }),
      condition(autoscaler, {
        type: 'ScalingActive',
        status: off ? 'False' : 'True',
        reason: off ? 'ScalingDisabled' : 'ValidMetricFound',
        message: off
          ? 'scaling is disabled since the replica count of the target is zero'
          : 'a replica count could be computed',
        nowMs,
      }),
    ],
  };
}

function condition(
  autoscaler: HorizontalPodAutoscaler,
  { nowMs, ...verdict }: { type: string; status: string; reason: string; message: string; nowMs: number },
) {
  const before = autoscaler.status?.conditions?.find(each => each.type === verdict.type);
  const since = before?.status === verdict.status ? before.lastTransitionTime : undefined;
  return { ...verdict, lastTransitionTime: since ?? timestampAt(nowMs) };
}
