import { canonicalJson } from '../../core/json.ts';
import type { Memory } from '../../kubernetes/autoscaler-limits.ts';
import type { Which } from '../../kubernetes/autoscaler-metrics.ts';
import { verdictOn } from '../../kubernetes/autoscaler-verdict.ts';
import type { HorizontalPodAutoscaler } from '../../kubernetes/kinds/autoscaling.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import { ofKind } from '../../kubernetes/kinds.ts';
import type { KubeObject } from '../../kubernetes/object.ts';
import { isDeleting } from '../../kubernetes/owners.ts';
import { usageMeter } from '../usage.ts';
import type { World } from '../world.ts';
import type { ClusterView } from './controller.ts';
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
    const pods = ofKind(view.list('Pod', autoscaler.metadata.namespace), 'Pod');
    const used = meterOf(view.world, { pods, nowMs });
    const verdict = verdictOn(autoscaler, { target, pods, used, memory: look, nowMs });
    if (verdict.moving) look.restMs = periodMs;
    looks.set(uid, look);
    const { replicas, said, status } = verdict;
    const scaled =
      target === undefined || replicas === undefined
        ? []
        : [updateOf({ ...target, spec: { ...target.spec, replicas } })];
    const told = said.map(({ type, ...words }) => (type === 'Normal' ? tell : warn)(autoscaler, words));
    return {
      operations: [...scaled, ...told, ...statusOf(autoscaler, status)],
      wakeAt: nowMs + look.restMs,
    };
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

/** What pods use of a resource, among which the world's load is shared; undefined: the world measures nothing. */
function meterOf(world: World, { pods, nowMs }: { pods: readonly Pod[]; nowMs: number }) {
  if (!world.cluster.metricsServer) return undefined;
  const measure = usageMeter({ world, pods, nowMs });
  return (some: readonly Pod[], { name, container }: Which): number =>
    some
      .flatMap(measure)
      .filter(each => container === undefined || each.container === container)
      .reduce((sum, each) => sum + (name === 'cpu' ? each.cpuMilli : each.memoryMi), 0);
}
