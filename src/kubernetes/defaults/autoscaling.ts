import { isObject } from '../../core/json.ts';
import { type Fills, fillIn, objectAt } from './fill.ts';

// The utilization an autoscaler aims at when it is told nothing.
const cpuPercent = 80;

export const autoscalingDefaults: Fills = {
  'autoscaling.v1.HorizontalPodAutoscalerSpec': given =>
    fillIn(given, { minReplicas: 1, targetCPUUtilizationPercentage: cpuPercent }),
  'autoscaling.v2.HorizontalPodAutoscalerSpec': given => {
    const target = { type: 'Utilization', averageUtilization: cpuPercent };
    fillIn(given, { minReplicas: 1, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] });
    if (!isObject(given['behavior'])) return;
    const behavior = objectAt(given, 'behavior');
    fillIn(objectAt(behavior, 'scaleUp'), {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
    });
    fillIn(objectAt(behavior, 'scaleDown'), {
      selectPolicy: 'Max',
      policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
    });
  },
  'scheduling.v1.PriorityClass': given => fillIn(given, { preemptionPolicy: 'PreemptLowerPriority' }),
};
