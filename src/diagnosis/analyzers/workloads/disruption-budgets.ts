import { describeRef } from '../../../core/ref.ts';
import type { PodDisruptionBudget } from '../../../kubernetes/kinds/workloads.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { shareOf } from '../../../kubernetes/share.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { PodSet } from '../../pod-sets.ts';
import { setsOfNamespace } from '../../set-index.ts';
import { isSlip } from '../../slip.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';
import { setsUnder } from '../../workloads/under-budget.ts';

/** Budgets that allow no disruption, ever: a drain of a node waits for them for good. */
export const disruptionBudgetsAnalyzer = defineAnalyzer({
  id: 'disruption-budgets',
  needs: ['PodDisruptionBudget', 'Deployment', 'StatefulSet', 'ReplicaSet', 'HorizontalPodAutoscaler'],
  codes: {
    BUDGET_ALLOWS_NOTHING: {
      row: 'disruption-budget',
      means: 'A budget can never allow an eviction: nodes with its pods cannot be drained.',
      decided:
        'maxUnavailable is 0, or minAvailable is as many pods as its workloads want (or as their autoscalers may want at most), even with all of them ready. Follows from the specs. A StatefulSet of one pod is guarded so on purpose: a note.',
      fixed: 'maxUnavailable 1, or more replicas.',
    },
    BUDGETS_OVERLAP: {
      row: 'disruption-budget',
      means: 'Two budgets are about the same pods: the server refuses to evict them.',
      decided: 'The selectors of two budgets of a namespace match the pods of one workload.',
      fixed: 'One budget for those pods.',
    },
    BUDGET_MISSES_PODS: {
      row: 'selector-mismatch',
      means: 'The selector of a budget matches no pods, but was meant for those of a workload.',
      decided:
        'No template and no pod of its namespace has the labels, and a workload has its name or nearly its labels.',
      fixed: "The workload's labels in the selector.",
    },
    BUDGET_MATCHES_NOTHING: {
      row: 'disruption-budget',
      means: 'The selector of a budget matches the pods of no workload.',
      decided: 'No template and no pod of its namespace has the labels. Always a note.',
      fixed: 'The selector, or the budget goes.',
    },
  },

  analyze(snapshot) {
    const budgets = snapshot
      .of('PodDisruptionBudget')
      .filter(each => each.metadata.deletionTimestamp === undefined);
    const covering = budgets.map(budget => ({ budget, sets: setsUnder(budget, snapshot) }));
    const most = mostOfEach(snapshot);
    return [...covering.flatMap(each => tooStrict(each, { snapshot, most })), ...overlaps(covering)];
  },
});

type Code = 'BUDGET_ALLOWS_NOTHING' | 'BUDGETS_OVERLAP' | 'BUDGET_MISSES_PODS' | 'BUDGET_MATCHES_NOTHING';

interface Covering {
  budget: PodDisruptionBudget;
  sets: readonly PodSet[];
}

function tooStrict(
  { budget, sets }: Covering,
  { snapshot, most: mostOf }: { snapshot: Snapshot; most: ReadonlyMap<string, number> },
): Draft<Code>[] {
  const { minAvailable, maxUnavailable } = budget.spec;
  const base = { object: refOf(budget), fixes: [], confidence: 'certain' as const };
  if (sets.length === 0) {
    const seesAll = ['Deployment', 'StatefulSet', 'ReplicaSet'].every(kind =>
      snapshot.sees(kind, budget.metadata.namespace),
    );
    // Pods of operators are of workloads that nobody here knows.
    if (!seesAll || (budget.status?.expectedPods ?? 0) > 0) return [];
    const meant = meantBy(budget, setsOfNamespace(snapshot, budget.metadata.namespace ?? ''));
    if (meant === undefined) {
      return [
        {
          ...base,
          code: 'BUDGET_MATCHES_NOTHING',
          severity: 'note',
          summary: 'its selector matches no pods',
          evidence: [quoteField('spec.selector', budget.spec.selector)],
          depth: 0,
        },
      ];
    }
    return [
      {
        ...base,
        code: 'BUDGET_MISSES_PODS',
        severity: 'warning',
        confidence: 'likely',
        summary: `its selector matches no pods, and seems meant for ${describeRef(refOf(meant.object))}`,
        evidence: [
          quoteField('spec.selector', budget.spec.selector),
          quoteField(`${meant.object.kind}/${meant.object.metadata.name} labels`, { ...meant.labels }),
        ],
        question: `Is it to guard ${describeRef(refOf(meant.object))}?`,
        depth: 0,
      },
    ];
  }
  const counted = sets.filter(({ object, wanted }) => wanted > 0 && !isKind(object, 'DaemonSet'));
  // As many pods as they can come to: an autoscaler may add to them.
  const most = counted.reduce(
    (sum, { object, wanted }) => sum + Math.max(wanted, mostOf.get(keyOf(refOf(object))) ?? 0),
    0,
  );
  const [first] = counted;
  if (first === undefined) return [];
  const wanted = counted.reduce((sum, set) => sum + set.wanted, 0);
  const share = (value: number | string) => shareOf(value, { of: most, round: Math.ceil });
  const spare = maxUnavailable === undefined ? most - share(minAvailable ?? 1) : share(maxUnavailable);
  if (spare > 0) return [];
  const field =
    maxUnavailable === undefined
      ? quoteField('spec.minAvailable', minAvailable)
      : quoteField('spec.maxUnavailable', maxUnavailable);
  const { name } = first.object.metadata;
  // One database without a second is kept from evictions on purpose: somebody is to look on.
  const isGuard = most === 1 && counted.every(({ object }) => isKind(object, 'StatefulSet'));
  return [
    {
      ...base,
      code: 'BUDGET_ALLOWS_NOTHING',
      severity: isGuard ? 'note' : 'warning',
      summary: `it never allows an eviction: ${field}, and ${describeRef(refOf(first.object))} runs ${runsText(most, wanted)}`,
      evidence: [
        field,
        quoteField(`${first.object.kind}/${name} spec.replicas`, first.wanted),
        quoteField('status.disruptionsAllowed', budget.status?.disruptionsAllowed),
      ],
      question:
        'May one of the pods be missing for a while (maxUnavailable: 1), or should there be more of them?',
      depth: 2,
    },
  ];
}

/** What an autoscaler may add does not run yet. */
function runsText(most: number, wanted: number): string {
  return most === wanted ? `${most}` : `${wanted}, at most ${most} by its autoscaler`;
}

/** The workload that a budget bears the name of, or whose labels its selector misses by a slip. */
function meantBy({ metadata, spec }: PodDisruptionBudget, sets: readonly PodSet[]): PodSet | undefined {
  const wanted = Object.entries(spec.selector?.matchLabels ?? {});
  return sets.find(({ object, labels }) => {
    if (object.metadata.name === metadata.name) return true;
    const misses = wanted.filter(([key, value]) => labels[key] !== value);
    const [miss, ...more] = misses;
    if (miss === undefined || more.length > 0) return false;
    const [key, value] = miss;
    return Object.hasOwn(labels, key) && isSlip(value, labels[key] ?? '');
  });
}

/** The most pods that an autoscaler gives its target, by the target. */
function mostOfEach(snapshot: Snapshot): Map<string, number> {
  return new Map(
    snapshot
      .of('HorizontalPodAutoscaler')
      .map(({ metadata, spec: { scaleTargetRef, maxReplicas } }) => [
        keyOf({ ...scaleTargetRef, namespace: metadata.namespace ?? '' }),
        maxReplicas,
      ]),
  );
}

function overlaps(all: readonly Covering[]): Draft<Code>[] {
  const bySet = new Map<PodSet, PodDisruptionBudget[]>();
  for (const { budget, sets } of all)
    for (const set of sets) bySet.set(set, [...(bySet.get(set) ?? []), budget]);
  const said = new Set<PodDisruptionBudget>();
  return [...bySet].flatMap(([set, budgets]): Draft<Code>[] => {
    const bornMs = ({ metadata }: PodDisruptionBudget) => Date.parse(metadata.creationTimestamp ?? '') || 0;
    // The younger came into what worked.
    const [last, ...others] = budgets.toSorted((a, b) => bornMs(b) - bornMs(a));
    const [first] = others;
    if (last === undefined || first === undefined || said.has(last)) return [];
    said.add(last);
    return [
      {
        code: 'BUDGETS_OVERLAP',
        severity: 'warning',
        object: refOf(last),
        summary: `it and ${describeRef(refOf(first))} cover the same pods, which cannot be evicted so`,
        evidence: [
          quoteField('spec.selector', last.spec.selector),
          quoteField(`${first.metadata.name} spec.selector`, first.spec.selector),
          quoteField(`${set.object.kind}/${set.object.metadata.name} labels`, { ...set.labels }),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'Which of the two should stay?',
        breaks: others.map(refOf),
        depth: 2,
      },
    ];
  });
}
