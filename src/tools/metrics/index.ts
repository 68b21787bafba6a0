import type { Tool } from '../../toolkit/tool.ts';
import { metricsAlerts } from './alerts.ts';
import { metricsFind } from './find.ts';
import { metricsQuery } from './query.ts';
import { metricsSilence } from './silence.ts';
import { metricsSlo } from './slo.ts';

export const metricsTools: readonly Tool[] = [
  metricsQuery,
  metricsFind,
  metricsAlerts,
  metricsSlo,
  metricsSilence,
];
