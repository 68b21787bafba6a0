import type { Container, Pod } from '../kubernetes/kinds/pod.ts';
import { statusNamed } from '../kubernetes/pod-containers.ts';
import { containerResources } from '../kubernetes/pod-needs.ts';
import { uidFrom } from './controllers/naming.ts';
import { behaviourOf, type World } from './world.ts';

/** How often usage is measured: the same at every moment between two measurements, as with a metrics server. */
export const usageWindowMs = 15_000;

// Usage goes up and down around what the world says: slowly, and each pod at its own moment.
export const wavePeriodMs = 600_000;
const cpuSwing = 0.15;
const memorySwing = 0.04;
// A program at its limit is slowed down, or would have been killed: what is measured stays a little below.
const belowLimit = 0.98;
const nanoInOne = 1e9;

export interface ContainerUsage {
  container: string;
  /** Thousandths of a core; 0 where it does not run. */
  cpuMilli: number;
  /** MiB; 0 where it does not run. */
  memoryMi: number;
}

export type UsageMeter = (pod: Pod) => ContainerUsage[];

/**
 * What the containers of pods use at a moment, init containers that keep running included. pods: all among which the
 * world's load is shared out, at least those of the namespaces that are asked about; absent: the world's load is left out.
 * The same for the same pod and moment.
 */
export function usageMeter({
  world,
  pods = [],
  nowMs,
}: {
  world: World;
  pods?: readonly Pod[];
  nowMs: number;
}): UsageMeter {
  const shares = world.load.map(load => {
    const sharers = pods.filter(
      pod => isUnder(load, pod) && pod.spec.containers.some(each => runs(pod, each)),
    );
    return { load, of: Math.max(1, sharers.length) };
  });
  const measuredMs = Math.floor(nowMs / usageWindowMs) * usageWindowMs;
  return pod => {
    const wave = waveOf(pod, measuredMs);
    const sidecars = (pod.spec.initContainers ?? []).filter(each => each.restartPolicy === 'Always');
    return [...sidecars, ...pod.spec.containers].map(container => {
      if (!runs(pod, container)) return { container: container.name, cpuMilli: 0, memoryMi: 0 };
      const { cpuMilli, memoryMi } = behaviourOf(world, container.image ?? '');
      // The load of a pod falls on its first container: the one that the pod is for.
      const mine =
        container === pod.spec.containers[0] ? shares.filter(({ load }) => isUnder(load, pod)) : [];
      const load = (of: 'cpuMilli' | 'memoryMi') =>
        mine.reduce((sum, share) => sum + share.load[of] / share.of, 0);
      return {
        container: container.name,
        cpuMilli: Math.min(
          (cpuMilli + load('cpuMilli')) * (1 + cpuSwing * wave),
          limitOf(container, 'cpu') * 1_000,
        ),
        memoryMi: Math.min(
          (memoryMi + load('memoryMi')) * (1 + memorySwing * wave),
          limitOf(container, 'memory') / 2 ** 20,
        ),
      };
    });
  };
}

function isUnder({ namespace, labels }: World['load'][number], { metadata }: Pod): boolean {
  const own = metadata.labels ?? {};
  return (
    metadata.namespace === namespace && Object.entries(labels).every(([key, value]) => own[key] === value)
  );
}

function runs(pod: Pod, { name }: Container): boolean {
  return statusNamed(pod, name)?.state?.running !== undefined;
}

/** From -1 to 1. */
function waveOf({ metadata }: Pod, atMs: number): number {
  const phase = Number.parseInt(uidFrom(metadata.uid ?? metadata.name).slice(0, 8), 16) / 2 ** 32;
  return Math.sin(2 * Math.PI * (atMs / wavePeriodMs + phase));
}

function limitOf(container: Container, resource: 'cpu' | 'memory'): number {
  const { limits } = containerResources(container, resource);
  return limits === undefined ? Number.POSITIVE_INFINITY : (Number(limits) / nanoInOne) * belowLimit;
}
