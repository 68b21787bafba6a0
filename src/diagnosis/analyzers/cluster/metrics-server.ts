import { describeRef } from '../../../core/ref.ts';
import { conditionOf } from '../../../kubernetes/kinds/condition.ts';
import { refOf } from '../../../kubernetes/object.ts';
import { type Draft, defineAnalyzer } from '../../analyzer.ts';
import { downState, linesOf, serviceDepth, signsOf, systemSets } from '../../cluster/system-services.ts';
import { quoteField, quoteLine } from '../../evidence.ts';
import { scaleFix } from '../../fixes.ts';
import type { PodSet } from '../../pod-sets.ts';
import type { Snapshot } from '../../snapshot.ts';

type Code = 'METRICS_SERVER_MISSING' | 'METRICS_SERVER_DOWN' | 'METRICS_SERVER_DISTRUSTS_KUBELETS';

const apiService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  name: 'v1beta1.metrics.k8s.io',
};

/** The metrics server, without which no autoscaler knows what pods use. */
export const metricsServerAnalyzer = defineAnalyzer({
  id: 'metrics-server',
  needs: ['APIService', 'Deployment', 'DaemonSet', 'Pod', 'HorizontalPodAutoscaler'],
  codes: {
    METRICS_SERVER_MISSING: {
      row: 'cluster-service',
      means: 'Autoscalers need the use of CPU or memory, and nothing in the cluster measures it.',
      decided:
        'A HorizontalPodAutoscaler has a metric of type Resource, and there is neither an APIService for metrics.k8s.io nor a metrics server.',
      fixed: 'The installation of a metrics server.',
    },
    METRICS_SERVER_DOWN: {
      row: 'cluster-service',
      means: 'The metrics server has no ready pod.',
      decided: 'Its workload has none ready for two minutes, or is scaled to zero.',
      fixed: 'One replica; else what keeps its pods from being ready.',
    },
    METRICS_SERVER_DISTRUSTS_KUBELETS: {
      row: 'cluster-service',
      means: 'The metrics server does not accept the certificates of the kubelets, and measures nothing.',
      decided: 'It is not ready, and its log says x509 of a node.',
      fixed:
        'Kubelet certificates that the cluster signs (serverTLSBootstrap), or --kubelet-insecure-tls where that risk is taken.',
    },
  },

  analyze(snapshot) {
    const sets = systemSets(snapshot, ['metrics-server']);
    return sets.length === 0 ? missing(snapshot) : sets.flatMap(set => fault(set, snapshot));
  },
});

function autoscalers(snapshot: Snapshot) {
  return snapshot
    .of('HorizontalPodAutoscaler')
    .filter(({ spec }) =>
      (spec.metrics ?? []).some(({ type }) => type === 'Resource' || type === 'ContainerResource'),
    );
}

function missing(snapshot: Snapshot): Draft<Code>[] {
  const asking = autoscalers(snapshot);
  const [first] = asking;
  // One that gets its metrics gets them from somewhere.
  const served = asking.some(
    ({ status }) => conditionOf(status?.conditions, 'ScalingActive')?.status === 'True',
  );
  const told = asking.some(
    ({ status }) => conditionOf(status?.conditions, 'ScalingActive')?.status === 'False',
  );
  if (first === undefined || served || !told || !snapshot.lacks(apiService)) return [];
  return [
    {
      code: 'METRICS_SERVER_MISSING',
      severity: 'critical',
      object: apiService,
      summary: `nothing serves metrics.k8s.io, and ${asking.length === 1 ? describeRef(refOf(first)) : `${asking.length} autoscalers`} cannot do without`,
      evidence: [
        quoteField(
          `${describeRef(refOf(first))} status.conditions[ScalingActive]`,
          conditionOf(first.status?.conditions, 'ScalingActive')?.message,
        ),
      ],
      confidence: 'certain',
      fixes: [],
      question: 'Is a metrics server to be installed, or the autoscalers to go?',
      breaks: asking.map(refOf),
      depth: 3,
    },
  ];
}

function fault(set: PodSet, snapshot: Snapshot): Draft<Code>[] {
  const ref = refOf(set.object);
  const state = downState(set, snapshot);
  if (state === undefined) return [];
  const facts = {
    severity: 'critical' as const,
    object: ref,
    confidence: 'certain' as const,
    breaks: [apiService, ...autoscalers(snapshot).map(refOf)],
    depth: 3,
  };
  const x509 = linesOf(set, snapshot).find(({ line }) => line.includes('x509:'));
  if (x509 !== undefined && state === 'down')
    return [
      {
        code: 'METRICS_SERVER_DISTRUSTS_KUBELETS',
        summary: 'does not accept the certificates of the kubelets, and measures nothing',
        evidence: [quoteLine(x509.container, x509.line)],
        fixes: [],
        question:
          'Should the cluster sign the certificates of its kubelets, or is --kubelet-insecure-tls a risk to take?',
        ...facts,
      },
    ];
  return [
    {
      code: 'METRICS_SERVER_DOWN',
      summary:
        state === 'idle'
          ? 'is scaled to zero: nothing measures what pods use'
          : 'has no ready pod: nothing measures what pods use',
      evidence: [
        quoteField('spec.replicas', set.wanted),
        quoteField('status.readyReplicas', set.ready),
        ...signsOf(set, snapshot),
      ],
      fixes: state === 'idle' && set.object.kind === 'Deployment' ? [scaleFix(ref, 1)] : [],
      ...(state === 'idle' ? {} : { question: `Why has ${describeRef(ref)} no ready pod?` }),
      ...facts,
      depth: state === 'idle' ? 3 : serviceDepth,
    },
  ];
}
