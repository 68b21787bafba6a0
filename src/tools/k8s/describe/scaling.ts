import { plainText } from '../../../core/json.ts';
import type { HorizontalPodAutoscaler, MetricSpec } from '../../../kubernetes/kinds/autoscaling.ts';
import { selectorText } from '../../../kubernetes/selectors.ts';
import { defineDescriber } from './describer.ts';
import { inNamespaceOf } from './look.ts';
import { describeOther } from './other.ts';
import { podLines } from './pods.ts';

/** An autoscaler: what it scales, between which sizes, and by what. */
export const autoscalerDescriber = defineDescriber(
  ['HorizontalPodAutoscaler'],
  async (autoscaler, { look }) => {
    const { scaleTargetRef: target, minReplicas = 1, maxReplicas, metrics = [] } = autoscaler.spec;
    const found = await look.find({ ...target, ...inNamespaceOf(autoscaler) });
    const lines = await describeOther(autoscaler, look);
    return [
      `scales: ${target.kind}/${target.name}${found === undefined ? ', which is MISSING' : ''}, ${minReplicas} to ${maxReplicas} pods`,
      ...metrics.map(metric => `by: ${metricText(metric, autoscaler)}`),
      ...lines,
    ];
  },
);

/** `cpu 45% of 70%`: what is measured, and what is aimed at. */
function metricText(metric: MetricSpec, { status }: HorizontalPodAutoscaler): string {
  const { resource } = metric;
  if (resource === undefined) return metric.type;
  const current = status?.currentMetrics?.find(each => each.resource?.name === resource.name)?.resource
    ?.current;
  const { averageUtilization, averageValue } = resource.target;
  const aim = averageUtilization === undefined ? plainText(averageValue) : `${averageUtilization}%`;
  const now =
    averageUtilization === undefined
      ? plainText(current?.averageValue)
      : current?.averageUtilization === undefined
        ? ''
        : `${current.averageUtilization}%`;
  return `${resource.name} ${now === '' ? 'unknown' : now} of ${aim}`;
}

/** A budget: what it allows, and the pods it covers. */
export const budgetDescriber = defineDescriber(['PodDisruptionBudget'], async (budget, { look }) => {
  const { selector, minAvailable, maxUnavailable } = budget.spec;
  const labelSelector = selectorText(selector ?? {});
  const all = { ...inNamespaceOf(budget), ...(labelSelector === '' ? {} : { labelSelector }) };
  // Without a selector it covers no pod, with an empty one every pod.
  const pods = selector === undefined ? [] : await look.list('Pod', all);
  const lines = await describeOther(budget, look);
  return [
    minAvailable === undefined
      ? `at most ${maxUnavailable ?? 0} unavailable`
      : `at least ${minAvailable} available`,
    ...(pods === undefined ? [] : podLines(pods, look)),
    ...lines,
  ];
});
