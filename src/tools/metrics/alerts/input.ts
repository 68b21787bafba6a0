import * as z from 'zod';

export const metricsAlertsInput = z.strictObject({
  state: z.enum(['firing', 'pending']).optional().describe('Only these.'),
  name: z.string().max(200).optional().describe('Of one rule.'),
});

export type MetricsAlertsAsked = z.output<typeof metricsAlertsInput>;
