import { isObject } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { controllerOf } from '../../../kubernetes/owners.ts';
import { type LabelRequirement, matchesLabels, requirementsOf } from '../../../kubernetes/selectors.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import type { PodSet } from '../../pod-sets.ts';
import { setsMatching } from '../../set-index.ts';
import type { Snapshot } from '../../snapshot.ts';

const mirror = 'kubernetes.io/config.mirror';
// Whoever selects the pods of more than so many others has one fault, and not their number.
const mostCounted = 100;

/** Selectors of workloads: of their own pods, and of nobody else's. */
export const selectorsAnalyzer = defineAnalyzer({
  id: 'selectors',
  needs: ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod'],
  codes: {
    SELECTOR_OVERLAPS: {
      row: 'selector-mismatch',
      means: "The selector of a workload matches another workload's pods.",
      decided:
        'In one namespace, the selector of a Deployment, StatefulSet, DaemonSet or bare ReplicaSet matches the labels of the template of another.',
      fixed: 'Labels of its own for each: a selector cannot be changed, so one of the two is made anew.',
    },
    SELECTOR_MISSES_OWN: {
      row: 'selector-mismatch',
      means: "The selector of a workload does not match its own pods' labels.",
      decided:
        'spec.selector against the labels of spec.template. Only a file can say so: a server refuses it.',
      fixed: 'The same labels in both.',
    },
    POD_UNOWNED: {
      row: 'selector-mismatch',
      means: 'A pod belongs to nothing: nobody makes it again.',
      decided: 'It has no controller and is no static pod. Always a note.',
      fixed: 'A Deployment instead of the pod.',
    },
  },

  analyze(snapshot) {
    return [...overlaps(snapshot), ...missing(snapshot), ...unowned(snapshot)];
  },
});

type Code = 'SELECTOR_OVERLAPS' | 'SELECTOR_MISSES_OWN' | 'POD_UNOWNED';

interface Selecting {
  set: PodSet;
  requirements: LabelRequirement[];
}

const selecting = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] as const;

function selectingOf(set: PodSet): Selecting | undefined {
  const selector = set.object.spec?.['selector'];
  if (!selecting.some(kind => isKind(set.object, kind)) || !isObject(selector)) return undefined;
  const requirements = requirementsOf(selector);
  return requirements.length === 0 ? undefined : { set, requirements };
}

/** One finding for all that a selector reaches into; of two that reach into each other the younger is at fault. */
function overlaps(snapshot: Snapshot): Draft<Code>[] {
  const all = snapshot.podSets.flatMap(set => selectingOf(set) ?? []).toSorted(youngestFirst);
  const rank = new Map(all.map(({ set }, index) => [set, index]));
  const said = new Set<PodSet>();
  // Many workloads may have the same selector: what it matches is looked for once.
  const matched = new Map<string, PodSet[]>();
  return all.flatMap(({ set, requirements }): Draft<Code>[] => {
    const { namespace } = set;
    const key = JSON.stringify([namespace, requirements]);
    const those =
      matched.get(key) ??
      setsMatching(requirements, { namespace, snapshot })
        .filter(each => rank.has(each))
        .toSorted((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0));
    matched.set(key, those);
    const others = firstOthers(those, { set, said });
    const [first] = others;
    if (first === undefined) return [];
    said.add(set);
    const more =
      others.length === 1
        ? ''
        : ` and ${others.length - 1} more${others.length > mostCounted ? ' at least' : ''}`;
    const { object, at, labels } = first;
    return [
      {
        code: 'SELECTOR_OVERLAPS',
        severity: 'warning',
        object: refOf(set.object),
        summary: `its selector also matches the pods of ${describeRef(refOf(object))}${more}`,
        evidence: [
          quoteField('spec.selector', set.object.spec?.['selector']),
          quoteField(`${object.kind}/${object.metadata.name} ${at.replace(/\.spec$/, '')}.metadata.labels`, {
            ...labels,
          }),
        ],
        confidence: 'certain',
        fixes: [],
        question:
          'Which label tells the two apart? A selector cannot be changed: one of them has to be made anew.',
        depth: 0,
      },
    ];
  });
}

/** The oldest come first, of which nothing was said yet: whoever looks from there looks at few. */
function firstOthers(
  oldestFirst: readonly PodSet[],
  { set, said }: { set: PodSet; said: ReadonlySet<PodSet> },
): PodSet[] {
  const others: PodSet[] = [];
  for (const each of oldestFirst) {
    if (each !== set && !said.has(each)) others.push(each);
    if (others.length > mostCounted) break;
  }
  return others;
}

function youngestFirst(a: Selecting, b: Selecting): number {
  const born = ({ set }: Selecting) => Date.parse(set.object.metadata.creationTimestamp ?? '') || 0;
  return born(b) - born(a);
}

function missing(snapshot: Snapshot): Draft<Code>[] {
  return snapshot.podSets.flatMap(set => {
    const own = selectingOf(set);
    if (own === undefined || matchesLabels(own.requirements, set.labels)) return [];
    return [
      {
        code: 'SELECTOR_MISSES_OWN',
        severity: 'critical',
        object: refOf(set.object),
        summary: 'its selector does not match the labels of its own pods',
        evidence: [
          quoteField('spec.selector', set.object.spec?.['selector']),
          quoteField('spec.template.metadata.labels', { ...set.labels }),
        ],
        confidence: 'certain',
        fixes: [],
        question: 'Which of the two labels is meant?',
        depth: 2,
      },
    ];
  });
}

function unowned(snapshot: Snapshot): Draft<Code>[] {
  return snapshot.of('Pod').flatMap((pod: KubeObject): Draft<Code>[] => {
    const { annotations = {} } = pod.metadata;
    if (controllerOf(pod) !== undefined || Object.hasOwn(annotations, mirror)) return [];
    return [
      {
        code: 'POD_UNOWNED',
        severity: 'note',
        object: refOf(pod),
        summary: 'nothing makes it again when it is gone',
        evidence: [quoteField('metadata.ownerReferences', undefined)],
        confidence: 'certain',
        fixes: [],
        depth: 0,
      },
    ];
  });
}
