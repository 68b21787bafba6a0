import { describeRef, type Ref } from '../../../core/ref.ts';
import type { HorizontalPodAutoscaler } from '../../../kubernetes/kinds/autoscaling.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { sinceMs } from '../../ages.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { quoteEvent, quoteField } from '../../evidence.ts';
import { keyOf, type Snapshot } from '../../snapshot.ts';

/** A peak that passes is what a maximum is for; a quarter of an hour at it is a lack. */
const maxedMs = 900_000;
/** As the autoscaler itself: within a tenth of the target nothing has to move. */
const tolerance = 1.1;

/** Autoscalers that have done all they may, or work against each other. */
export const autoscalerBoundsAnalyzer = defineAnalyzer({
  id: 'autoscaler-bounds',
  needs: ['HorizontalPodAutoscaler'],
  codes: {
    HPA_AMBIGUOUS: {
      row: 'autoscaler',
      means: 'Two autoscalers work on one target, each against the other.',
      decided: 'The same scaleTargetRef in one namespace, or the condition AmbiguousSelector.',
      fixed: 'One autoscaler with both metrics.',
    },
    HPA_MAXED: {
      row: 'autoscaler',
      means: 'An autoscaler is at its maximum, and the load asks for more.',
      decided:
        'ScalingLimited with TooManyReplicas for over 15 minutes and a metric more than a tenth above its target. Without such a metric, or for less time: a note.',
      fixed: 'A larger maximum, larger pods, or less load.',
    },
  },

  analyze(snapshot) {
    const all = snapshot
      .of('HorizontalPodAutoscaler')
      .filter(each => each.metadata.deletionTimestamp === undefined);
    const byTarget = Map.groupBy(all, each => keyOf(targetOf(each)));
    const twice = [...byTarget.values()].flatMap(rivals);
    const named = new Set(twice.flatMap(({ object, breaks = [] }) => [object, ...breaks].map(keyOf)));
    const rest = all.filter(each => !named.has(keyOf(refOf(each))));
    return [...twice, ...rest.flatMap(each => selecting(each) ?? maxed(each, snapshot) ?? [])];
  },
});

type Code = 'HPA_AMBIGUOUS' | 'HPA_MAXED';

type Scaler = HorizontalPodAutoscaler;

function targetOf({ metadata, spec: { scaleTargetRef } }: Scaler): Ref {
  const { kind, name } = scaleTargetRef;
  return { kind, name, namespace: metadata.namespace ?? '' };
}

function rivals(group: readonly Scaler[]): Draft<Code>[] {
  const bornMs = ({ metadata }: Scaler) => Date.parse(metadata.creationTimestamp ?? '') || 0;
  // The younger came into what worked.
  const [last, ...others] = group.toSorted((a, b) => bornMs(b) - bornMs(a));
  const [first] = others;
  if (last === undefined || first === undefined) return [];
  const target = describeRef(targetOf(last));
  return [
    {
      object: refOf(last),
      confidence: 'certain',
      fixes: [],
      code: 'HPA_AMBIGUOUS',
      severity: 'warning',
      summary: `it and ${describeRef(refOf(first))} both scale ${target}`,
      evidence: group
        .slice(0, 2)
        .map(each =>
          quoteField(`${each.metadata.name} spec.scaleTargetRef.name`, each.spec.scaleTargetRef.name),
        ),
      question: 'Which of the two should stay? One autoscaler can have both metrics.',
      breaks: others.map(refOf),
      depth: 2,
    },
  ];
}

/** The autoscaler itself found its pods to be another's, too. */
function selecting(scaler: Scaler): Draft<Code> | undefined {
  const active = conditionOf(scaler.status?.conditions, 'ScalingActive');
  if (active?.reason !== 'AmbiguousSelector') return undefined;
  const { reason, message = '' } = active;
  return {
    code: 'HPA_AMBIGUOUS',
    severity: 'critical',
    object: refOf(scaler),
    summary: 'its pods are selected by more than one autoscaler, and it does nothing',
    evidence: [quoteEvent({ reason, message })],
    confidence: 'certain',
    fixes: [],
    question: 'Which label tells the pods of the two targets apart?',
    depth: 1,
  };
}

function maxed(scaler: Scaler, snapshot: Snapshot): Draft<Code> | undefined {
  const { spec, status = {} } = scaler;
  const limited = conditionOf(status.conditions, 'ScalingLimited');
  if (limited?.status !== 'True' || limited.reason !== 'TooManyReplicas') return undefined;
  const above = aboveTarget(scaler);
  const isLong = (sinceMs(snapshot, limited.lastTransitionTime) ?? 0) >= maxedMs;
  return {
    object: refOf(scaler),
    confidence: 'certain',
    fixes: [],
    code: 'HPA_MAXED',
    severity: above !== undefined && isLong ? 'warning' : 'note',
    summary: `it is at its maximum of ${spec.maxReplicas}, and the load asks for more${above === undefined ? '' : `: ${above.text}`}`,
    evidence: [
      quoteField('spec.maxReplicas', spec.maxReplicas),
      quoteEvent({ reason: limited.reason, message: limited.message ?? '' }),
    ],
    question: 'May it run more pods, or should each get more?',
    depth: 0,
  };
}

/** A share of requests that is well above what it should be. */
function aboveTarget({ spec, status = {} }: Scaler): { text: string } | undefined {
  for (const metric of spec.metrics ?? []) {
    const asked = metric.resource ?? metric.containerResource;
    const target = asked?.target.averageUtilization;
    const now = (status.currentMetrics ?? [])
      .map(each => each.resource ?? each.containerResource)
      .find(each => each?.name === asked?.name)?.current.averageUtilization;
    if (asked !== undefined && target !== undefined && now !== undefined && now > target * tolerance)
      return { text: `${asked.name} at ${now} % of what it requests, for a target of ${target} %` };
  }
  const { targetCPUUtilizationPercentage: target } = spec;
  const { currentCPUUtilizationPercentage: now } = status;
  if (target === undefined || now === undefined || now <= target * tolerance) return undefined;
  return { text: `cpu at ${now} % of what it requests, for a target of ${target} %` };
}
