import { isObject, type JsonObject } from '../core/json.ts';
import { limit, type Memory } from './autoscaler-limits.ts';
import { type Measured, propose } from './autoscaler-metrics.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from './kinds/autoscaling.ts';
import { type Condition, transitionTime } from './kinds/condition.ts';
import type { Pod } from './kinds/pod.ts';
import type { KubeObject } from './object.ts';
import { matchesLabels, requirementsOf } from './selectors.ts';
import { timestampAt } from './timestamps.ts';

/** What an autoscaler decides from, at one look. */
export interface Situation {
  /** What it scales; undefined: there is none. */
  target: KubeObject | undefined;
  /** All pods of the namespace. */
  pods: readonly Pod[];
  used: Measured['used'];
  memory: Memory;
  nowMs: number;
}

export interface AutoscalerVerdict {
  /** The size that the target gets; absent: it keeps its own. */
  replicas?: number;
  said: { type: 'Normal' | 'Warning'; reason: string; message: string }[];
  status: JsonObject;
  /** The size is not yet what the load asks for, so that time alone may change it. */
  moving: boolean;
}

/** What an autoscaler does with its target, and how it explains itself. Notes in its memory what it did. */
export function verdictOn(autoscaler: HorizontalPodAutoscaler, situation: Situation): AutoscalerVerdict {
  const { target, pods, used, memory, nowMs } = situation;
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = autoscaler.spec;
  const show = (more: Shown) => statusFor(autoscaler, { ...more, nowMs });
  if (target === undefined) {
    const why = `${scaleTargetRef.kind.toLowerCase()}s.apps "${scaleTargetRef.name}" not found`;
    const message = `the HPA controller was unable to get the target's current scale: ${why}`;
    const conditions = [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }];
    return {
      said: [{ type: 'Warning', reason: 'FailedGetScale', message: why }],
      status: show({ current: 0, desired: 0, conditions }),
      moving: false,
    };
  }
  const current = numberIn(target.spec, 'replicas', 1);
  const observed = numberIn(target.status, 'replicas', 0);
  if (current === 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    const off = { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message };
    const status = show({ current: 0, desired: 0, conditions: [gotScale, off] });
    return { said: [], status, moving: false };
  }
  const rescale = (desired: number, more: Omit<Shown, 'current' | 'desired'> & { why: string }) => {
    memory.scaled.push({ atMs: nowMs, by: desired - current });
    const { why, conditions, ...rest } = more;
    const message = `the HPA controller was able to update the target scale to ${desired}`;
    const able = { type: 'AbleToScale', status: 'True', reason: 'SucceededRescale', message };
    const shown = { ...rest, current: observed, desired, scaled: true, conditions: [able, ...conditions] };
    return {
      replicas: desired,
      said: [
        {
          type: 'Normal' as const,
          reason: 'SuccessfulRescale',
          message: `New size: ${desired}; reason: ${why}`,
        },
      ],
      status: show(shown),
      moving: true,
    };
  };
  const bounded = Math.min(Math.max(current, minReplicas), maxReplicas);
  if (bounded !== current) {
    const side = bounded > current ? 'below Spec.MinReplicas' : 'above Spec.MaxReplicas';
    return rescale(bounded, { why: `Current number of replicas ${side}`, conditions: [] });
  }
  const own = podsOf(target, pods);
  const proposals = metricsOf(autoscaler).map(metric => propose(metric, { pods: own, current, used }));
  const valid = proposals.flatMap(each => ('replicas' in each ? [each] : []));
  const [failure] = proposals.flatMap(each => ('why' in each ? [each] : []));
  const best = valid.toSorted((a, b) => b.replicas - a.replicas)[0];
  const currentMetrics = valid.map(({ status }) => status);
  if (best === undefined || (failure !== undefined && best.replicas < current)) {
    const { reason = '', why = '', what = '' } = failure ?? {};
    const message = `the HPA was unable to compute the replica count: ${why}`;
    const conditions = [gotScale, { type: 'ScalingActive', status: 'False', reason, message }];
    const count = `${proposals.length - valid.length} invalid out of ${proposals.length}`;
    const all = `invalid metrics (${count}), first error is: ${what}: ${why}`;
    return {
      said: [
        { type: 'Warning', reason, message: why },
        { type: 'Warning', reason: 'FailedComputeMetricsReplicas', message: all },
      ],
      status: show({ current: observed, desired: current, currentMetrics, conditions }),
      moving: false,
    };
  }
  const found = {
    type: 'ScalingActive',
    status: 'True',
    reason: 'ValidMetricFound',
    message: `the HPA was able to successfully calculate a replica count from ${best.name}`,
  };
  const limited = limit(autoscaler, { wanted: best.replicas, current, memory, nowMs });
  const conditions = [found, { type: 'ScalingLimited', ...limited.limit }];
  if (limited.replicas === current) {
    const able = { type: 'AbleToScale', status: 'True', ...limited.able };
    const moving = best.replicas !== current && bounded !== minReplicas && bounded !== maxReplicas;
    const shown = { current: observed, desired: current, currentMetrics, conditions: [able, ...conditions] };
    return { said: [], status: show(shown), moving };
  }
  const why = limited.replicas > current ? `${best.name} above target` : 'All metrics below target';
  return rescale(limited.replicas, { why, currentMetrics, conditions });
}

const gotScale = {
  type: 'AbleToScale',
  status: 'True',
  reason: 'SucceededGetScale',
  message: "the HPA controller was able to get the target's current scale",
};

/** The older form names a share of the CPU alone; without any metric it is four fifths of it. */
function metricsOf({ spec }: HorizontalPodAutoscaler): MetricSpec[] {
  if (spec.metrics !== undefined && spec.metrics.length > 0) return spec.metrics;
  const averageUtilization = spec.targetCPUUtilizationPercentage ?? 80;
  return [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
  ];
}

function podsOf(target: KubeObject, all: readonly Pod[]): Pod[] {
  const selector = target.spec?.['selector'];
  const requirements = requirementsOf(isObject(selector) ? selector : {});
  return all.filter(pod => matchesLabels(requirements, pod.metadata.labels));
}

function numberIn(object: KubeObject['spec'], field: string, absent: number): number {
  const value = object?.[field];
  return typeof value === 'number' ? value : absent;
}

interface Shown {
  current: number;
  desired: number;
  scaled?: boolean;
  currentMetrics?: MetricStatus[];
  conditions: Condition[];
}

function statusFor(
  autoscaler: HorizontalPodAutoscaler,
  { current, desired, scaled = false, currentMetrics = [], conditions, nowMs }: Shown & { nowMs: number },
) {
  const before = autoscaler.status;
  const lastScaleTime = scaled ? timestampAt(nowMs) : before?.lastScaleTime;
  return {
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    ...(current === 0 ? {} : { currentReplicas: current }),
    desiredReplicas: desired,
    ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
    // What it did not judge this time stays as it was.
    conditions: [...conditions, ...othersOf(before?.conditions, conditions)].map(condition => ({
      ...condition,
      lastTransitionTime: transitionTime(before?.conditions, { ...condition, time: timestampAt(nowMs) }),
    })),
  };
}

function othersOf(before: readonly Condition[] = [], now: readonly Condition[]): Condition[] {
  return before.filter(({ type }) => !now.some(each => each.type === type));
}
