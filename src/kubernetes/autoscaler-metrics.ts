import type { MetricSpec, MetricTarget } from './kinds/autoscaling.ts';
import type { Pod } from './kinds/pod.ts';
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

/** Pods that are not ready yet use nothing, so that they do not ask for more of their like. */
export function replicasFor({
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
export function withoutRequest(pods: readonly Pod[], { name, container }: Which): string | undefined {
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
export function goalOf(
  target: MetricTarget,
  { pods, name, container }: Which & { pods: readonly Pod[] },
): number {
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
export function usageQuantity(value: number, name: string): string {
  if (name === 'cpu') return formatQuantity(BigInt(Math.round(value)) * milliInNano, 'decimal');
  const bytes: Nano = BigInt(Math.round(value)) * 2n ** 20n;
  return formatQuantity(bytes * milliInNano * 1_000n, 'binary');
}

/** Why there is nothing to judge a metric by where no API but that of resources is registered. */
export function unregistered({ type }: MetricSpec): { reason: string; why: string; what: string } {
  const api = type === 'External' ? 'external' : 'custom';
  const kind = type === 'External' ? 'external' : type === 'Object' ? 'object' : 'pods';
  const why = `unable to get ${kind} metric: unable to fetch metrics from ${api} metrics API: no ${api} metrics API registered`;
  return { reason: `FailedGet${type}Metric`, why, what: `failed to get ${kind} metric value` };
}
