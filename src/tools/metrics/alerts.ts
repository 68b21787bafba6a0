import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { metricsAlertsInput } from './alerts/input.ts';

/** Shows what alerts and why: the rule behind each, since when, and what mutes it. */
export const metricsAlerts = defineReadTool({
  name: 'metrics_alerts',
  title: 'Show alerts',
  description: 'Show alerts by rule: expression, since when, value, and what silences or inhibits them.',
  input: metricsAlertsInput,
  output: z.object({
    firing: z.int(),
    pending: z.int(),
    muted: z.int(),
    rules: z.int(),
    broken: z.int(),
    shown: z.int(),
    truncated: z.boolean(),
    rows: asData(z.array(z.unknown())),
  }),

  load: () => import('./alerts/read.ts'),
});
