import {
  goalOf,
  replicasFor,
  unregistered,
  usageQuantity,
  type Which,
  withoutRequest,
} from '../../kubernetes/autoscaler-metrics.ts';
import type { MetricSpec, MetricStatus } from '../../kubernetes/kinds/autoscaling.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { isReady } from '../../kubernetes/pod-readiness.ts';
import { usageMeter } from '../usage.ts';
import type { World } from '../world.ts';

/** What one metric asks for, or why it cannot be had. */
export type Proposal =
  | { replicas: number; name: string; status: MetricStatus }
  | { reason: string; why: string; what: string };

interface Measured {
  world: World;
  /** The pods of the target. */
  pods: readonly Pod[];
  /** Among whom the world's load is shared. */
  neighbours: readonly Pod[];
  current: number;
  nowMs: number;
}

/** How many pods a metric wants for the load that there is. Metrics that nothing in the sandbox measures fail. */
export function propose(metric: MetricSpec, measured: Measured): Proposal {
  const asked = metric.resource ?? metric.containerResource;
  if (asked === undefined) return unregistered(metric);
  const { name, target } = asked;
  const container = metric.containerResource?.container;
  const reason = container === undefined ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
  const by = target.averageUtilization === undefined ? 'value' : 'utilization';
  const fails = (why: string): Proposal => ({
    reason,
    why: `failed to get ${name} ${by}: ${why}`,
    what: `failed to get ${name} resource metric value`,
  });
  if (!measured.world.cluster.metricsServer) {
    return fails(
      `unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`,
    );
  }
  const running = measured.pods.filter(
    pod => !isDeleting(pod) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded',
  );
  const ready = running.filter(isReady);
  if (ready.length === 0)
    return fails(`unable to get metrics for resource ${name}: no metrics returned from resource metrics API`);
  const missing = by === 'utilization' ? withoutRequest(running, { name, container }) : undefined;
  if (missing !== undefined) return fails(missing);
  const usage = usageOf(ready, { ...measured, name, container });
  const goal = goalOf(target, { pods: ready, name, container });
  const replicas = replicasFor({
    usage,
    goal,
    ready: ready.length,
    waiting: running.length - ready.length,
    current: measured.current,
  });
  const averageValue = usageQuantity(usage / ready.length, name);
  const now = {
    averageValue,
    ...(target.averageUtilization === undefined
      ? {}
      : { averageUtilization: Math.floor((target.averageUtilization * usage) / (goal * ready.length)) }),
  };
  const share = by === 'utilization' ? ' utilization (percentage of request)' : '';
  if (container === undefined)
    return {
      replicas,
      name: `${name} resource${share}`,
      status: { type: 'Resource', resource: { name, current: now } },
    };
  const status = { type: 'ContainerResource', containerResource: { name, container, current: now } };
  return { replicas, name: `${name} container resource${share}`, status };
}

/** In thousandths of a core, or in MiB. */
function usageOf(
  pods: readonly Pod[],
  { world, neighbours, nowMs, name, container }: Measured & Which,
): number {
  const measure = usageMeter({ world, pods: neighbours, nowMs });
  const used = pods.flatMap(measure).filter(each => container === undefined || each.container === container);
  return used.reduce((sum, each) => sum + (name === 'cpu' ? each.cpuMilli : each.memoryMi), 0);
}
