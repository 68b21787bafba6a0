import { conditionOf } from '../../kubernetes/kinds/condition.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import { isReady } from '../../kubernetes/pod-readiness.ts';
import { matchesLabels, requirementsOf } from '../../kubernetes/selectors.ts';
import type { Cluster } from '../cluster.ts';
import { scriptNamed } from '../log-scripts.ts';
import { type UsageMeter, usageMeter, usageWindowMs, wavePeriodMs } from '../usage.ts';
import { behaviourOf } from '../world.ts';

/*
 * Metrics of the simulated cluster, computed from what it is now whenever they are asked for: nothing is scraped or kept.
 * So a series tells the past of what is still there; pods that are gone have none.
 */

/** One series: its labels with the name, and its value at a time; undefined before it began. */
export interface Series {
  labels: Record<string, string>;
  at: (ms: number) => number | undefined;
}

/** Type and help of each metric. */
export const described: Readonly<Record<string, readonly [type: string, help: string]>> = {
  container_memory_working_set_bytes: ['gauge', 'Memory in use, which the kubelet evicts by.'],
  container_cpu_usage_seconds_total: ['counter', 'CPU time used.'],
  kube_pod_container_status_restarts_total: ['counter', 'Restarts of a container.'],
  kube_deployment_status_replicas_available: ['gauge', 'Available pods of a deployment.'],
  up: ['gauge', '1 where the last scrape went well.'],
  http_requests_total: ['counter', 'Requests answered, a line of the access log each.'],
};

const windows = wavePeriodMs / usageWindowMs;
/** Programs that write a line a request. */
const servingLogs: ReadonlySet<string> = new Set(['access', 'json-service']);

export function seriesOf(cluster: Cluster): Series[] {
  const pods = ofKind(cluster.state.list('/pods'), 'Pod');
  const meters = usageOverOnePeriod(cluster, pods);
  return [
    ...pods.flatMap(pod => containerSeries(pod, { cluster, meters })),
    ...deploymentSeries(cluster, pods),
    ...ofKind(cluster.state.list('/nodes'), 'Node').map(node => {
      const ready = conditionOf(node.status?.conditions, 'Ready');
      const since = Date.parse(ready?.lastTransitionTime ?? '');
      const value = ready?.status === 'True' ? 1 : 0;
      const labels = { __name__: 'up', job: 'kubelet', instance: node.metadata.name };
      return { labels, at: (ms: number) => (ms >= since ? value : 1 - value) };
    }),
  ];
}

/** What usage comes to at each measurement of a wave: it is the same in the next. */
function usageOverOnePeriod(cluster: Cluster, pods: readonly Pod[]): UsageMeter[] {
  return Array.from({ length: windows }, (_, index) =>
    usageMeter({ world: cluster.world, pods, nowMs: index * usageWindowMs }),
  );
}

function containerSeries(
  pod: Pod,
  { cluster, meters }: { cluster: Cluster; meters: readonly UsageMeter[] },
): Series[] {
  const { namespace = '', name } = pod.metadata;
  const usages = meters.map(meter => meter(pod));
  return (pod.status?.containerStatuses ?? []).flatMap(status => {
    const labels = { namespace, pod: name, container: status.name };
    const named = (metric: string) => ({ __name__: metric, ...labels });
    const startedMs = Date.parse(status.state?.running?.startedAt ?? '');
    const restarts: Series = {
      labels: named('kube_pod_container_status_restarts_total'),
      at: ms => (ms < startedMs ? Math.max(0, status.restartCount - 1) : status.restartCount),
    };
    if (Number.isNaN(startedMs)) return [restarts];
    const own = usages.map(usage => usage.find(each => each.container === status.name));
    const memory = own.map(each => (each?.memoryMi ?? 0) * 2 ** 20);
    const used = sumsOf(own.map(each => ((each?.cpuMilli ?? 0) / 1_000) * (usageWindowMs / 1_000)));
    const running = (at: (ms: number) => number) => (ms: number) => (ms < startedMs ? undefined : at(ms));
    const measured = (ms: number) => Math.floor(ms / usageWindowMs);
    const image = pod.spec.containers.find(each => each.name === status.name)?.image ?? '';
    const { log } = behaviourOf(cluster.world, image);
    const requests: Series = {
      labels: named('http_requests_total'),
      at: running(ms => Math.floor((ms - startedMs) / scriptNamed(log).everyMs)),
    };
    return [
      restarts,
      {
        labels: named('container_memory_working_set_bytes'),
        at: running(ms => Math.round(memory[measured(ms) % windows] ?? 0)),
      },
      {
        labels: named('container_cpu_usage_seconds_total'),
        at: running(ms => usedBy(used, measured(ms)) - usedBy(used, measured(startedMs))),
      },
      ...(servingLogs.has(log) ? [requests] : []),
    ];
  });
}

/** Sums up to each element, the whole last. */
function sumsOf(values: readonly number[]): number[] {
  let sum = 0;
  return [0, ...values.map(value => (sum += value))];
}

/** What was used up to a measurement, counted from the first of all. */
function usedBy(sums: readonly number[], measurement: number): number {
  return Math.floor(measurement / windows) * (sums.at(-1) ?? 0) + (sums[measurement % windows] ?? 0);
}

function deploymentSeries(cluster: Cluster, pods: readonly Pod[]): Series[] {
  return ofKind(cluster.state.list('apps/deployments'), 'Deployment').map(deployment => {
    const { namespace = '', name } = deployment.metadata;
    const requirements = requirementsOf(deployment.spec.selector);
    const readySince = pods
      .filter(pod => pod.metadata.namespace === namespace && matchesLabels(requirements, pod.metadata.labels))
      .filter(pod => isReady(pod))
      .map(pod => Date.parse(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? ''));
    const now = deployment.status?.['availableReplicas'];
    const available = typeof now === 'number' ? now : 0;
    return {
      labels: { __name__: 'kube_deployment_status_replicas_available', namespace, deployment: name },
      at: ms => Math.min(available, readySince.filter(since => since <= ms).length),
    };
  });
}
