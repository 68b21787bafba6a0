import type { Pod } from '../kinds/pod.ts';
import type { ObjectView } from '../object-view.ts';
import { controllerUid } from '../owners.ts';
import { freeShare, type Room } from './node-room.ts';
import { fitsTerm } from './node-terms.ts';
import { preferenceByNeighbours } from './pod-terms.ts';
import { crowding, spreadsOf } from './spread.ts';
import { isTolerated } from './taints.ts';

// A pod that asks for nothing counts as if it asked for this much, or a thousand of them would go to one node.
const leastCpuMilli = 100;
const leastMemoryMilli = 200 * 2 ** 20 * 1_000;
// How much each wish weighs against free room, as in the scheduler's default profile.
const weights = { taints: 3, nodes: 2, neighbours: 2, spread: 2 };

/** The room that a pod would like best of those that take it; the emptier and the first by name where all are alike. */
export function preferred(
  pod: Pod,
  { open, rooms, view }: { open: readonly Room[]; rooms: readonly Room[]; view: ObjectView },
): Room | undefined {
  if (open.length <= 1) return open[0];
  const scores = open.map(room => 100 * freeOf(pod, room));
  const add = (weight: number, wish: (room: Room) => number) => {
    const wishes = open.map(wish);
    const [low, high] = [Math.min(...wishes), Math.max(...wishes)];
    if (high === low) return;
    for (const [index, value] of wishes.entries())
      scores[index] = (scores[index] ?? 0) + (weight * 100 * (value - low)) / (high - low);
  };
  const owner = controllerUid(pod) ?? '';
  add(weights.spread, room => -(room.byOwner.get(owner) ?? 0));
  add(weights.taints, room => -avoided(pod, room));
  const wishes = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  add(weights.nodes, ({ node }) =>
    wishes.reduce((sum, { weight, preference }) => sum + (fitsTerm(preference, node) ? weight : 0), 0),
  );
  if (pod.spec.affinity !== undefined) add(weights.neighbours, preferenceByNeighbours(pod, { rooms, view }));
  const spreads = spreadsOf(pod, { rooms, when: 'ScheduleAnyway' });
  if (spreads.length > 0) add(weights.spread, room => -crowding(spreads, room));
  return best(open, scores);
}

function best(open: readonly Room[], scores: readonly number[]): Room | undefined {
  const order = open.map((room, index) => ({ room, score: scores[index] ?? 0 }));
  const isBetter = (a: (typeof order)[number], b: (typeof order)[number]) =>
    b.score - a.score ||
    a.room.pods.length - b.room.pods.length ||
    (a.room.node.metadata.name < b.room.node.metadata.name ? -1 : 1);
  return order.reduce((first, next) => (isBetter(next, first) < 0 ? next : first)).room;
}

function freeOf(pod: Pod, room: Room): number {
  const cpu = freeShare(room, { pod, name: 'cpu', least: leastCpuMilli });
  return (cpu + freeShare(room, { pod, name: 'memory', least: leastMemoryMilli })) / 2;
}

function avoided(pod: Pod, { node }: Room): number {
  const soft = node.spec?.taints?.filter(taint => taint.effect === 'PreferNoSchedule') ?? [];
  return soft.filter(taint => !isTolerated(taint, pod.spec.tolerations)).length;
}
