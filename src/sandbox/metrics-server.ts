import type { Node } from '../kubernetes/kinds/cluster.ts';
import { conditionOf } from '../kubernetes/kinds/condition.ts';
import type { Pod } from '../kubernetes/kinds/pod.ts';
import { isKind, ofKind } from '../kubernetes/kinds.ts';
import type { KubeObject } from '../kubernetes/object.ts';
import { statusNamed } from '../kubernetes/pod-containers.ts';
import { timestampAt } from '../kubernetes/timestamps.ts';
import facts from './bootstrap.json' with { type: 'json' };
import type { Cluster } from './cluster.ts';
import type { Resource } from './resource.ts';
import { type ContainerUsage, usageMeter, usageWindowMs } from './usage.ts';

export const metricsGroup = 'metrics.k8s.io';
const apiVersion = `${metricsGroup}/v1beta1`;

// What the system itself takes of a node: kubelet, container runtime, kernel.
const systemCpuMilli = 90;
const systemMemoryMi = 520;

/** What the metrics server adds to the cluster's API. Nothing is stored: every answer is measured when it is asked for. */
export const metricsResources: readonly Resource[] = facts.metricsResources;

/** The usage of every pod that has been measured, in a namespace or in all. */
export function podMetrics(cluster: Cluster, namespace?: string): KubeObject[] {
  const pods = ofKind(cluster.state.list('/pods', namespace === undefined ? '' : `${namespace}/`), 'Pod');
  const nowMs = cluster.clock.now();
  const measure = usageMeter({ world: cluster.world, pods, nowMs });
  return pods.flatMap(pod => {
    const containers = measure(pod).filter(each => isMeasured(pod, { container: each.container, nowMs }));
    if (containers.length === 0) return [];
    return [
      {
        ...sample('PodMetrics', pod, nowMs),
        containers: containers.map(each => ({ name: each.container, usage: usageText(each) })),
      },
    ];
  });
}

/** The usage of every node that reports: its pods and its own system. */
export function nodeMetrics(cluster: Cluster): KubeObject[] {
  const pods = ofKind(cluster.state.list('/pods'), 'Pod');
  const nowMs = cluster.clock.now();
  const measure = usageMeter({ world: cluster.world, pods, nowMs });
  const podsOf = Map.groupBy(pods, pod => pod.spec.nodeName);
  return cluster.state.list('/nodes').flatMap(node => {
    if (!isKind(node, 'Node') || !isReady(node)) return [];
    const used = (podsOf.get(node.metadata.name) ?? []).flatMap(measure);
    const usage = usageText({
      cpuMilli: used.reduce((sum, each) => sum + each.cpuMilli, systemCpuMilli),
      memoryMi: used.reduce((sum, each) => sum + each.memoryMi, systemMemoryMi),
    });
    return [{ ...sample('NodeMetrics', node, nowMs), usage }];
  });
}

/** Two measurements are needed to tell what a container uses: one that has just started has none. */
function isMeasured(pod: Pod, { container, nowMs }: { container: string; nowMs: number }): boolean {
  const startedAt = statusNamed(pod, container)?.state?.running?.startedAt;
  return startedAt !== undefined && Date.parse(startedAt) + usageWindowMs <= nowMs;
}

function isReady(node: Node): boolean {
  return conditionOf(node.status?.conditions, 'Ready')?.status === 'True';
}

function sample(kind: string, { metadata }: KubeObject, nowMs: number): KubeObject {
  const { name, namespace, labels } = metadata;
  const measuredMs = Math.floor(nowMs / usageWindowMs) * usageWindowMs;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: timestampAt(nowMs),
      ...(labels === undefined ? {} : { labels }),
    },
    timestamp: timestampAt(measuredMs),
    window: `${usageWindowMs / 1_000}.0s`,
  };
}

/** In the units in which a metrics server measures. */
function usageText({ cpuMilli, memoryMi }: Omit<ContainerUsage, 'container'>): {
  cpu: string;
  memory: string;
} {
  return { cpu: `${Math.round(cpuMilli * 1e6)}n`, memory: `${Math.round(memoryMi * 1024)}Ki` };
}
