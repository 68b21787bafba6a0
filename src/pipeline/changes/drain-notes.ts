import type { KubeReader } from '../../clients/kube/reader.ts';
import type { K8sDrain } from '../../core/change.ts';
import { describeRef } from '../../core/ref.ts';
import { coversPod } from '../../kubernetes/disruption-budget.ts';
import { fateOf, localDataOf } from '../../kubernetes/drain.ts';
import { countOf } from '../../kubernetes/health/verdict.ts';
import type { Pod } from '../../kubernetes/kinds/pod.ts';
import type { PodDisruptionBudget } from '../../kubernetes/kinds/workloads.ts';
import { refOf } from '../../kubernetes/object.ts';
import { controllerOf } from '../../kubernetes/owners.ts';
import { allIfReadable, pinnedTo } from './pinned-volumes.ts';

// A person reads these lines before deciding; past this the count says enough. The pods that go are listed whole.
const namesShown = 10;
const crowdsShown = 20;

/** What a person should know of a drain beside the list of the pods that are evicted, a line each. */
export async function drainNotes(
  change: K8sDrain,
  { pods, reader, cordoned }: { pods: readonly Pod[]; reader: KubeReader; cordoned: boolean },
): Promise<string[]> {
  const planned = new Set(change.pods);
  const leaving = pods.filter(pod => planned.has(pod.metadata.uid ?? '') && fateOf(pod) === 'evicted');
  const staying = (fate: ReturnType<typeof fateOf>) => pods.filter(pod => fateOf(pod) === fate);
  const line = (what: string, which: readonly Pod[]) =>
    which.length === 0 ? [] : [`${what}: ${namesOf(which)}.`];
  const lost = leaving.filter(pod => controllerOf(pod) === undefined);
  return [
    ...line('No controller makes these pods again: they are gone for good', lost),
    ...lostData(leaving),
    ...(await pinnedBelow(change.target.name, { leaving, reader })),
    ...(await budgetsOver(leaving, reader)),
    ...line('Are on their way already, and waited for', staying('going')),
    ...line('Came to the node since the plan and are left alone', newcomersAmong(pods, change)),
    ...line('Stay, since their DaemonSets would make them again', staying('daemon')),
    ...line('Stay, since the node itself runs them (mirror pods)', staying('mirror')),
    ...line('Stay, since they have ended', staying('completed')),
    'Whether the other nodes have room is not known before the scheduler has looked.',
    // What was so before, no undo takes back.
    `An ${lost.length === 0 && !cordoned ? 'undo' : 'uncordon'} lets the node take pods again; what runs elsewhere by then does not move back.`,
  ];
}

/** Pods that a drain would evict and that nobody decided on. */
export function newcomersAmong(pods: readonly Pod[], change: K8sDrain): Pod[] {
  return pods.filter(pod => fateOf(pod) === 'evicted' && !change.pods.includes(pod.metadata.uid ?? ''));
}

/** `Pod/a in shop, Pod/b in shop and 3 more`. */
export function namesOf(pods: readonly Pod[]): string {
  const named = pods.slice(0, namesShown).map(pod => describeRef(refOf(pod)));
  const more = pods.length > namesShown ? ` and ${pods.length - namesShown} more` : '';
  return `${named.join(', ')}${more}`;
}

function lostData(leaving: readonly Pod[]): string[] {
  const losing = leaving.filter(pod => localDataOf(pod).length > 0);
  const crowds = [...Map.groupBy(losing, pod => localDataOf(pod).join(', '))];
  const others = crowds.slice(crowdsShown).flatMap(([, of]) => of);
  return [
    ...crowds.slice(0, crowdsShown).map(([data, of]) => `Data that is lost, ${data}: ${namesOf(of)}.`),
    ...(others.length === 0 ? [] : [`Data that is lost in volumes of other names: ${namesOf(others)}.`]),
  ];
}

async function budgetsOver(leaving: readonly Pod[], reader: KubeReader): Promise<string[]> {
  if (leaving.length === 0) return [];
  const budgets = await allIfReadable(reader, { kind: 'PodDisruptionBudget', apiVersion: 'policy/v1' });
  if (budgets === undefined)
    return ['Not checked which PodDisruptionBudgets hold pods back: these credentials may not list them.'];
  return budgets.flatMap(budget => {
    const covered = leaving.filter(pod => coversPod(budget, pod));
    if (covered.length === 0) return [];
    const allowed = budget.status?.disruptionsAllowed ?? 0;
    const effect = effectOf(budget, { allowed, leaving: covered.length });
    return [
      `${describeRef(refOf(budget))} allows ${countOf(allowed, 'disruption')} now, of ${countOf(covered.length, 'pod')} that leave: ${effect}.`,
    ];
  });
}

function effectOf({ status }: PodDisruptionBudget, of: { allowed: number; leaving: number }): string {
  const { expectedPods = 0, desiredHealthy = 0 } = status ?? {};
  if (of.allowed === 0 && expectedPods > 0 && desiredHealthy >= expectedPods)
    return `it never will, since ${expectedPods === 1 ? 'its one pod' : `each of its ${expectedPods} pods`} must be healthy at any time: scale up or change the budget first`;
  if (of.allowed === 0) return 'they wait until it does, at most for the waiting time';
  return of.allowed < of.leaving ? 'the others wait for their turn' : 'none has to wait';
}

/** What waits for its volume stays Pending until the node is back, whatever room others have. */
async function pinnedBelow(
  node: string,
  { leaving, reader }: { leaving: readonly Pod[]; reader: KubeReader },
): Promise<string[]> {
  const returning = leaving.filter(pod => controllerOf(pod) !== undefined);
  const pinned = await pinnedTo(node, { leaving: returning, reader });
  if (pinned === undefined)
    return [
      'Not checked which pods have a volume on this node only: these credentials may not list PersistentVolumes or Nodes.',
    ];
  if (pinned.length === 0) return [];
  return [
    `Cannot start elsewhere, since a volume of theirs is on this node only; they stay Pending until it takes pods again: ${namesOf(pinned)}.`,
  ];
}
