import { isObject } from '../../../core/json.ts';
import { describeRef } from '../../../core/ref.ts';
import { backendsOf } from '../../../kubernetes/ingress-backends.ts';
import type { HorizontalPodAutoscaler } from '../../../kubernetes/kinds/autoscaling.ts';
import type { Service } from '../../../kubernetes/kinds/network.ts';
import { isKind } from '../../../kubernetes/kinds.ts';
import { type KubeObject, refOf } from '../../../kubernetes/object.ts';
import { revisionOf } from '../../../kubernetes/revisions.ts';
import { defineAnalyzer } from '../../analyzer.ts';
import { quoteField } from '../../evidence.ts';
import { scaleFix } from '../../fixes.ts';
import { madeBy } from '../../made-by.ts';
import { servicesBefore, setsBehind } from '../../network/behind-service.ts';
import type { Snapshot } from '../../snapshot.ts';

/** What scales to zero as its trade, and back when there is work: by the labels or annotations that it leaves. */
const sleepers = ['serving.knative.dev/', 'downscaler/', 'sleepmode', 'kube-green', 'autoscaling.keda.sh/'];
/** Where a controller or a person noted how many pods there were. */
const desiredBefore = 'deployment.kubernetes.io/desired-replicas';
// Annotations are anybody's who may edit: a count beyond this is asked for, not offered.
const mostReplicas = 20;
const applied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Workloads without pods that something still leads to. Scaled to zero alone is nobody's fault. */
export const scaledToZeroAnalyzer = defineAnalyzer({
  id: 'scaled-to-zero',
  needs: ['Deployment', 'StatefulSet', 'ReplicaSet', 'Service', 'Ingress', 'HorizontalPodAutoscaler'],
  codes: {
    SCALED_TO_ZERO: {
      row: 'scaled-to-zero',
      means: 'A workload runs no pods, and a Service, an Ingress or an autoscaler leads to it.',
      decided:
        'spec.replicas is 0, and a Service selects its pods without others to serve, or an autoscaler targets it (which does nothing at zero). What KEDA, Knative or a downscaler puts to sleep is none.',
      fixed: "Scale it up: to the autoscaler's minimum, or to the count that was recorded before.",
    },
  },

  analyze(snapshot) {
    return snapshot.podSets.flatMap(set => {
      const { object } = set;
      if (object.spec?.['replicas'] !== 0 || object.metadata.deletionTimestamp !== undefined) return [];
      if (sleepsOnPurpose(object, snapshot)) return [];
      const service = servicesBefore(set, snapshot).find(each => !isServed(each, snapshot));
      const ingress = service === undefined ? undefined : ingressTo(service, snapshot);
      const autoscaler = autoscalerOf(object, snapshot);
      const user = ingress ?? service ?? autoscaler;
      if (user === undefined) return [];
      const before = sizeBefore(object, { autoscaler, snapshot });
      return [
        {
          code: 'SCALED_TO_ZERO',
          severity: service === undefined ? 'warning' : 'critical',
          object: refOf(object),
          summary: `it runs no pods, and ${describeRef(refOf(user))} leads to it`,
          evidence: [
            quoteField('spec.replicas', 0),
            ...(service === undefined
              ? []
              : [quoteField(`Service/${service.metadata.name} spec.selector`, service.spec.selector)]),
            ...(before === undefined ? [] : [before.evidence]),
          ],
          confidence: 'certain',
          fixes: before === undefined ? [] : [scaleFix(refOf(object), before.replicas)],
          ...(before === undefined ? { question: 'How many pods should it run?' } : {}),
          breaks: [service, autoscaler].filter(each => each !== undefined).map(refOf),
          depth: 2,
        },
      ];
    });
  },
});

function sleepsOnPurpose({ metadata }: KubeObject, snapshot: Snapshot): boolean {
  const marks = [...Object.keys(metadata.labels ?? {}), ...Object.keys(metadata.annotations ?? {})];
  if (marks.some(mark => sleepers.some(each => mark.includes(each)))) return true;
  return ['ScaledObject', 'HTTPScaledObject'].some(kind =>
    snapshot.list(kind, metadata.namespace).some(({ spec }) => {
      const target = spec?.['scaleTargetRef'];
      return isObject(target) && target['name'] === metadata.name;
    }),
  );
}

/** Others stand behind the service: the blue beside the green. */
function isServed(service: Service, snapshot: Snapshot): boolean {
  return setsBehind(service, snapshot).some(({ wanted }) => wanted > 0);
}

function ingressTo({ metadata }: Service, snapshot: Snapshot): KubeObject | undefined {
  return snapshot
    .of('Ingress')
    .find(
      ingress =>
        ingress.metadata.namespace === metadata.namespace &&
        backendsOf(ingress).some(({ service }) => service === metadata.name),
    );
}

function autoscalerOf(
  { kind, metadata }: KubeObject,
  snapshot: Snapshot,
): HorizontalPodAutoscaler | undefined {
  return snapshot
    .of('HorizontalPodAutoscaler')
    .find(
      ({ metadata: own, spec: { scaleTargetRef } }) =>
        own.namespace === metadata.namespace &&
        scaleTargetRef.kind === kind &&
        scaleTargetRef.name === metadata.name,
    );
}

/** How many pods it ran when it was last up, as somebody recorded it. */
function sizeBefore(
  object: KubeObject,
  { autoscaler, snapshot }: { autoscaler: HorizontalPodAutoscaler | undefined; snapshot: Snapshot },
): { replicas: number; evidence: string } | undefined {
  if (autoscaler !== undefined) {
    const { minReplicas = 1 } = autoscaler.spec;
    const path = `HorizontalPodAutoscaler/${autoscaler.metadata.name} spec.minReplicas`;
    if (minReplicas > 0) return { replicas: minReplicas, evidence: quoteField(path, minReplicas) };
  }
  const set = isKind(object, 'Deployment')
    ? madeBy(object, { kind: 'ReplicaSet', snapshot })
        .filter(each => countIn(each, desiredBefore) > 0)
        .toSorted((a, b) => revisionOf(b) - revisionOf(a))[0]
    : undefined;
  if (set !== undefined) {
    const replicas = countIn(set, desiredBefore);
    const path = `ReplicaSet/${set.metadata.name} metadata.annotations[${desiredBefore}]`;
    return { replicas, evidence: quoteField(path, replicas) };
  }
  const replicas = appliedReplicas(object.metadata.annotations?.[applied]);
  const path = `metadata.annotations[${applied}] spec.replicas`;
  return replicas === undefined ? undefined : { replicas, evidence: quoteField(path, replicas) };
}

function countIn({ metadata }: KubeObject, annotation: string): number {
  const count = Number(metadata.annotations?.[annotation] ?? 0);
  return Number.isSafeInteger(count) && count <= mostReplicas ? count : 0;
}

// A text that somebody may have cut or edited is not read as a whole: one number in it is enough.
function appliedReplicas(text: string | undefined): number | undefined {
  const [, digits] =
    /"spec":\{(?:"[a-zA-Z]+":(?:"[^"]*"|\d+|true|false),)*"replicas":(\d{1,4})\b/.exec(text ?? '') ?? [];
  const replicas = Number(digits ?? 0);
  return replicas > 0 && replicas <= mostReplicas ? replicas : undefined;
}
