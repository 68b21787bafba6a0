import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../object.ts';
import type { Condition } from './condition.ts';

export type MetricTarget = { type?: string; averageUtilization?: number; averageValue?: Json; value?: Json };

export type MetricSpec = {
  type: string;
  resource?: { name: string; target: MetricTarget };
  containerResource?: { name: string; container: string; target: MetricTarget };
  pods?: { metric: { name: string }; target: MetricTarget };
  object?: { metric: { name: string }; target: MetricTarget };
  external?: { metric: { name: string }; target: MetricTarget };
};

export type MetricValue = { averageUtilization?: number; averageValue?: Json; value?: Json };

export type MetricStatus = {
  type: string;
  resource?: { name: string; current: MetricValue };
  containerResource?: { name: string; container: string; current: MetricValue };
  pods?: { metric: { name: string }; current: MetricValue };
  object?: { metric: { name: string }; current: MetricValue };
  external?: { metric: { name: string }; current: MetricValue };
};

/** How fast an autoscaler may move in one direction. */
export type ScalingRules = {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: { type: string; value: number; periodSeconds: number }[];
  tolerance?: Json;
};

export interface HorizontalPodAutoscaler extends KubeObject {
  spec: {
    scaleTargetRef: { kind: string; name: string; apiVersion?: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: MetricSpec[];
    targetCPUUtilizationPercentage?: number;
    behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules };
  };
  status?: {
    currentReplicas?: number;
    desiredReplicas?: number;
    lastScaleTime?: string;
    currentMetrics?: MetricStatus[];
    currentCPUUtilizationPercentage?: number;
    conditions?: Condition[];
  };
}
