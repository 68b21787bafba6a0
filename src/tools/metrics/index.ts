import type { Tool } from '../../toolkit/tool.ts';
import { metricsAlerts } from './alerts.ts';
import { metricsDashboard } from './dashboard.ts';
import { metricsFind } from './find.ts';
import { metricsQuery } from './query.ts';
import { metricsRule } from './rule.ts';
import { metricsSilence } from './silence.ts';
import { metricsSlo } from './slo.ts';

export const metricsTools: readonly Tool[] = [
  metricsQuery,
  metricsFind,
  metricsAlerts,
  metricsSlo,
  metricsSilence,
  metricsRule,
  metricsDashboard,
];
