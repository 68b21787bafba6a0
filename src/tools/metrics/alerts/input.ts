import * as z from 'zod';

export const metricsAlertsInput = z.strictObject({
  state: z.enum(['firing', 'pending']).optional().describe('Only these.'),
  name: z.string().max(200).optional().describe('Of one rule.'),
  format: z.enum(['table', 'json']).default('table').describe('json: rows as data.'),
});

export type MetricsAlertsAsked = z.output<typeof metricsAlertsInput>;
