import type { MetricSpec, MetricStatus, MetricTarget, MetricValue } from '../kinds/autoscaling.ts';
import { age, ageColumn, column, definePrinter, integerColumn, nameColumn, quantityText } from './printer.ts';

export const horizontalPodAutoscalerPrinter = definePrinter('HorizontalPodAutoscaler', {
  columns: [
    nameColumn,
    column('Reference', 'Workload that it scales.'),
    column('Targets', 'Measured and wanted value of each metric.'),
    column('MinPods', 'Fewest pods it goes down to.'),
    column('MaxPods', 'Most pods it goes up to.'),
    column('Replicas', 'Pods there are.'),
    ageColumn,
  ],
  cells(autoscaler, nowMs) {
    const { metadata, spec, status } = autoscaler;
    return [
      metadata.name,
      `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
      targets(metricsOf(spec), status?.currentMetrics ?? cpuStatus(status?.currentCPUUtilizationPercentage)),
      spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
      spec.maxReplicas,
      status?.currentReplicas ?? 0,
      age(autoscaler, nowMs),
    ];
  },
});

/** autoscaling/v1 knows one target only, in a field of its own. */
function metricsOf(spec: { metrics?: MetricSpec[]; targetCPUUtilizationPercentage?: number }): MetricSpec[] {
  if (spec.metrics !== undefined || spec.targetCPUUtilizationPercentage === undefined)
    return spec.metrics ?? [];
  const target = { type: 'Utilization', averageUtilization: spec.targetCPUUtilizationPercentage };
  return [{ type: 'Resource', resource: { name: 'cpu', target } }];
}

function cpuStatus(averageUtilization: number | undefined): MetricStatus[] {
  if (averageUtilization === undefined) return [];
  return [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization } } }];
}

/** A line holds two metrics; the rest is counted. */
function targets(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return '<none>';
  const shown = specs.slice(0, 2).map((spec, index) => describeMetric(spec, statuses[index]));
  const more = specs.length > 2 ? ` + ${specs.length - 2} more...` : '';
  return `${shown.join(', ')}${more}`;
}

function describeMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  const named = spec.resource ?? spec.containerResource;
  const current = status?.resource?.current ?? status?.containerResource?.current;
  if (named !== undefined) return `${named.name}: ${describeResource(named.target, current)}`;
  if (spec.pods !== undefined) {
    return `${quantityText(status?.pods?.current.averageValue, '<unknown>')}/${quantityText(spec.pods.target.averageValue, '0')}`;
  }
  const target = spec.object?.target ?? spec.external?.target;
  if (target === undefined) return '<unknown type>';
  const measured = status?.object?.current ?? status?.external?.current;
  if (target.averageValue !== undefined) {
    return `${quantityText(measured?.averageValue, '<unknown>')}/${quantityText(target.averageValue, '0')} (avg)`;
  }
  return `${quantityText(measured?.value, '<unknown>')}/${quantityText(target.value, '0')}`;
}

function describeResource(target: MetricTarget, current: MetricValue | undefined): string {
  if (target.averageValue !== undefined) {
    return `${quantityText(current?.averageValue, '<unknown>')}/${quantityText(target.averageValue, '0')}`;
  }
  const measured = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`;
  return `${measured}/${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
}

export const podDisruptionBudgetPrinter = definePrinter('PodDisruptionBudget', {
  columns: [
    nameColumn,
    column('Min Available', 'Fewest pods that must stay available.'),
    column('Max Unavailable', 'Most pods that may be unavailable.'),
    integerColumn('Allowed Disruptions', 'Pods that may be evicted now.'),
    ageColumn,
  ],
  cells: (budget, nowMs) => [
    budget.metadata.name,
    quantityText(budget.spec.minAvailable, 'N/A'),
    quantityText(budget.spec.maxUnavailable, 'N/A'),
    budget.status?.disruptionsAllowed ?? 0,
    age(budget, nowMs),
  ],
});
