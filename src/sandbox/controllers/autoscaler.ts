import { canonicalJson, isObject } from '../../core/json.ts';
import { limit, type Memory } from '../../kubernetes/autoscaler-limits.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
} from '../../kubernetes/kinds/autoscaling.ts';
import { type Condition, transitionTime } from '../../kubernetes/kinds/condition.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import { timestampAt } from '../../kubernetes/timestamps.ts';
import { propose } from './autoscaler-metrics.ts';
import type { ClusterView, Operation, Reconciled } from './controller.ts';
import { eachObject } from './each-object.ts';
import { eventsFrom } from './events.ts';
import { statusOf, updateOf } from './owners.ts';

const { tell, warn } = eventsFrom('horizontal-pod-autoscaler');
/** How often an autoscaler looks while something moves. */
const periodMs = 15_000;
/** Where nothing moves it looks less and less often, up to this, so that a sandbox at rest rests. */
const longestPeriodMs = 600_000;
const scalable = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);

/** What it knew when it last looked, and when it wants to look again. */
interface Look extends Memory {
  text: string;
  atMs: number;
  restMs: number;
}

// Each life of a cluster has a memory of its own, or two of the same world would disturb each other.
const memories = new WeakMap<ClusterView, Map<string, Look>>();

/** Sizes workloads by the load that the world puts on their pods. */
export const autoscalerController = eachObject('HorizontalPodAutoscaler', {
  name: 'autoscaler',
  watches: [...scalable],
  concerned: ({ kind, metadata: { name, namespace } }, view) =>
    ofKind(view.list('HorizontalPodAutoscaler', namespace), 'HorizontalPodAutoscaler').filter(
      ({ spec: { scaleTargetRef } }) => scaleTargetRef.kind === kind && scaleTargetRef.name === name,
    ),
  reconcile(autoscaler, { view, nowMs }) {
    if (isDeleting(autoscaler)) return { operations: [] };
    const target = targetOf(autoscaler, view);
    const looks = memories.get(view) ?? new Map<string, Look>();
    memories.set(view, looks);
    const uid = autoscaler.metadata.uid ?? '';
    const before = looks.get(uid) ?? firstLook(autoscaler);
    const text = canonicalJson([autoscaler.spec, target?.spec?.['replicas'] ?? null, target?.status ?? null]);
    const restMs = text === before.text ? before.restMs : periodMs;
    if (nowMs < before.atMs + restMs) {
      looks.set(uid, { ...before, restMs });
      return { operations: [], wakeAt: before.atMs + restMs };
    }
    const look: Look = { ...before, text, atMs: nowMs, restMs: Math.min(restMs * 2, longestPeriodMs) };
    const { operations, moving } = scale(autoscaler, { view, target, memory: look, nowMs });
    if (moving) look.restMs = periodMs;
    looks.set(uid, look);
    return { operations, wakeAt: nowMs + look.restMs };
  },
});

function firstLook({ metadata }: HorizontalPodAutoscaler): Look {
  const atMs = Date.parse(metadata.creationTimestamp ?? '');
  return { text: '', atMs, restMs: periodMs, recommended: [], scaled: [] };
}

function targetOf(autoscaler: HorizontalPodAutoscaler, view: ClusterView): KubeObject | undefined {
  const { kind, name } = autoscaler.spec.scaleTargetRef;
  const { namespace = '' } = autoscaler.metadata;
  return scalable.has(kind) ? view.get({ kind, name, namespace }) : undefined;
}

interface Situation {
  view: ClusterView;
  target: KubeObject | undefined;
  memory: Memory;
  nowMs: number;
}

/** moving: the size is not yet what the load asks for, so that time alone may change it. */
function scale(autoscaler: HorizontalPodAutoscaler, situation: Situation): Reconciled & { moving: boolean } {
  const { target, memory, nowMs } = situation;
  const { scaleTargetRef, minReplicas = 1, maxReplicas } = autoscaler.spec;
  const show = (more: Shown) => statusOf(autoscaler, statusFor(autoscaler, { ...more, nowMs }));
  if (target === undefined) {
    const why = `${scaleTargetRef.kind.toLowerCase()}s.apps "${scaleTargetRef.name}" not found`;
    const message = `the HPA controller was unable to get the target's current scale: ${why}`;
    const conditions = [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message }];
    return {
      operations: [
        warn(autoscaler, { reason: 'FailedGetScale', message: why }),
        ...show({ current: 0, desired: 0, conditions }),
      ],
      moving: false,
    };
  }
  const current = numberIn(target.spec, 'replicas', 1);
  const observed = numberIn(target.status, 'replicas', 0);
  if (current === 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    const off = { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message };
    return { operations: show({ current: 0, desired: 0, conditions: [gotScale, off] }), moving: false };
  }
  const bounded = Math.min(Math.max(current, minReplicas), maxReplicas);
  if (bounded !== current) {
    const side = bounded > current ? 'below Spec.MinReplicas' : 'above Spec.MaxReplicas';
    const why = `Current number of replicas ${side}`;
    return {
      operations: rescale(autoscaler, { target, current, observed, desired: bounded, why, situation }),
      moving: true,
    };
  }
  const proposals = metricsOf(autoscaler).map(metric =>
    propose(metric, { world: situation.view.world, ...podsOf(target, situation.view), current, nowMs }),
  );
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
      operations: [
        warn(autoscaler, { reason, message: why }),
        warn(autoscaler, { reason: 'FailedComputeMetricsReplicas', message: all }),
        ...show({ current: observed, desired: current, currentMetrics, conditions }),
      ],
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
    return {
      operations: show({
        current: observed,
        desired: current,
        currentMetrics,
        conditions: [able, ...conditions],
      }),
      moving,
    };
  }
  const why = limited.replicas > current ? `${best.name} above target` : 'All metrics below target';
  const desired = limited.replicas;
  return {
    operations: rescale(autoscaler, {
      target,
      current,
      observed,
      desired,
      why,
      situation,
      currentMetrics,
      conditions,
    }),
    moving: true,
  };
}

function rescale(
  autoscaler: HorizontalPodAutoscaler,
  change: {
    target: KubeObject;
    current: number;
    observed: number;
    desired: number;
    why: string;
    situation: Situation;
    currentMetrics?: MetricStatus[];
    conditions?: Condition[];
  },
): Operation[] {
  const { target, current, observed, desired, why, situation, currentMetrics, conditions = [] } = change;
  const { memory, nowMs } = situation;
  memory.scaled.push({ atMs: nowMs, by: desired - current });
  const message = `the HPA controller was able to update the target scale to ${desired}`;
  const able = { type: 'AbleToScale', status: 'True', reason: 'SucceededRescale', message };
  const shown = statusFor(autoscaler, {
    current: observed,
    desired,
    scaled: true,
    conditions: [able, ...conditions],
    ...(currentMetrics === undefined ? {} : { currentMetrics }),
    nowMs,
  });
  return [
    updateOf({ ...target, spec: { ...target.spec, replicas: desired } }),
    tell(autoscaler, {
      reason: 'SuccessfulRescale',
      message: `New size: ${desired}; reason: ${why}`,
    }),
    ...statusOf(autoscaler, shown),
  ];
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

function podsOf(target: KubeObject, view: ClusterView) {
  const selector = target.spec?.['selector'];
  const requirements = requirementsOf(isObject(selector) ? selector : {});
  const neighbours = ofKind(view.list('Pod', target.metadata.namespace), 'Pod');
  return { neighbours, pods: neighbours.filter(pod => matchesLabels(requirements, pod.metadata.labels)) };
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
