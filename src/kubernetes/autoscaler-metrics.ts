import type { MetricSpec, MetricStatus, MetricTarget } from './kinds/autoscaling.ts';
import type { Pod } from './kinds/pod.ts';
import { isDeleting } from './owners.ts';
import { isReady } from './pod-readiness.ts';
import { formatQuantity, type Nano, readQuantity } from './quantities.ts';

// How an autoscaler judges what its pods use of a resource: in thousandths of a core, or in MiB.

/** A metric within a tenth of its target moves nothing. */
const tolerance = 0.1;
const milliInNano = 1_000_000n;

/** A resource of the pods, of one of their containers or (undefined) of all. */
export interface Which {
  name: string;
  container: string | undefined;
}

/** What one metric asks for, or why it cannot be had. */
export type Proposal =
  | { replicas: number; name: string; status: MetricStatus }
  | { reason: string; why: string; what: string };

/** What is known of the pods of an autoscaler's target. */
export interface Measured {
  pods: readonly Pod[];
  current: number;
  /** What pods use together; undefined: nothing measures it. */
  used: ((pods: readonly Pod[], which: Which) => number) | undefined;
}

/** How many pods a metric wants for the load that there is. What is no resource of the pods cannot be had here. */
export function propose(metric: MetricSpec, { pods, current, used }: Measured): Proposal {
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
  if (used === undefined) {
    return fails(
      `unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`,
    );
  }
  const running = pods.filter(
    pod => !isDeleting(pod) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded',
  );
  const ready = running.filter(isReady);
  if (ready.length === 0)
    return fails(`unable to get metrics for resource ${name}: no metrics returned from resource metrics API`);
  const missing = by === 'utilization' ? withoutRequest(running, { name, container }) : undefined;
  if (missing !== undefined) return fails(missing);
  const usage = used(ready, { name, container });
  const goal = goalOf(target, { pods: ready, name, container });
  const waiting = running.length - ready.length;
  const replicas = replicasFor({ usage, goal, ready: ready.length, waiting, current });
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

/** Pods that are not ready yet use nothing, so that they do not ask for more of their like. */
function replicasFor({
  usage,
  goal,
  ready,
  waiting,
  current,
}: {
  usage: number;
  goal: number;
  ready: number;
  waiting: number;
  current: number;
}): number {
  const ratio = usage / (goal * ready);
  if (Math.abs(ratio - 1) <= tolerance) return current;
  if (ratio < 1 || waiting === 0) return Math.ceil(ratio * ready);
  const all = usage / (goal * (ready + waiting));
  return all <= 1 + tolerance ? current : Math.max(current, Math.ceil(all * (ready + waiting)));
}

/** Which container asks for nothing, so that there is no share of it; undefined: all ask. */
function withoutRequest(pods: readonly Pod[], { name, container }: Which): string | undefined {
  for (const pod of pods) {
    const lacking = pod.spec.containers.find(
      each => (container ?? each.name) === each.name && each.resources?.requests?.[name] === undefined,
    );
    if (lacking !== undefined)
      return `missing request for ${name} in container ${lacking.name} of Pod ${pod.metadata.name}`;
  }
  return undefined;
}

/** What one pod may use. */
function goalOf(target: MetricTarget, { pods, name, container }: Which & { pods: readonly Pod[] }): number {
  if (target.averageUtilization === undefined) return numberOf(target.averageValue, name);
  const requests = pods.flatMap(pod =>
    pod.spec.containers
      .filter(each => container === undefined || each.name === container)
      .map(each => numberOf(each.resources?.requests?.[name], name)),
  );
  const asked = requests.reduce((sum, request) => sum + request, 0) / pods.length;
  return (asked * target.averageUtilization) / 100;
}

function numberOf(quantity: unknown, name: string): number {
  const nano =
    typeof quantity === 'string' || typeof quantity === 'number' ? (readQuantity(quantity) ?? 0n) : 0n;
  return name === 'cpu' ? Number(nano / milliInNano) : Number(nano / (milliInNano * 1_000n)) / 2 ** 20;
}

/** A use as the status of an autoscaler has it. */
function usageQuantity(value: number, name: string): string {
  if (name === 'cpu') return formatQuantity(BigInt(Math.round(value)) * milliInNano, 'decimal');
  const bytes: Nano = BigInt(Math.round(value)) * 2n ** 20n;
  return formatQuantity(bytes * milliInNano * 1_000n, 'binary');
}

/** Why there is nothing to judge a metric by where no API but that of resources is registered. */
function unregistered({ type }: MetricSpec): { reason: string; why: string; what: string } {
  const api = type === 'External' ? 'external' : 'custom';
  const kind = type === 'External' ? 'external' : type === 'Object' ? 'object' : 'pods';
  const why = `unable to get ${kind} metric: unable to fetch metrics from ${api} metrics API: no ${api} metrics API registered`;
  return { reason: `FailedGet${type}Metric`, why, what: `failed to get ${kind} metric value` };
}
