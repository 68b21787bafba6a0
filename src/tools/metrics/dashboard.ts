import * as z from 'zod';
import { defineChangeTool } from '../../toolkit/tool.ts';

/** Grafana takes longer ones, and other characters, for none of its own. */
const uidField = z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be letters, digits, - and _, at most 40');

const panel = z.strictObject({
  title: z.string().min(1).max(200).describe('Replaces the panel of that title.'),
  query: z.string().min(1).max(8_000).describe('PromQL.'),
  unit: z
    .string()
    .regex(/^[A-Za-z0-9_:%/ -]{1,40}$/)
    .optional()
    .describe('As bytes, s, percentunit.'),
});

const mark = z.strictObject({
  text: z.string().trim().min(1).max(500).describe('As: deployed 1.4.'),
  at: z.string().max(40).optional().describe('1h (ago) or a time. Default: now.'),
  until: z.string().max(40).optional().describe('Of a span.'),
  tags: z.array(z.string().min(1).max(50)).max(10).default([]).describe('As deploy.'),
});

/**
 * Makes a dashboard of Grafana, changes one, or marks a time on one. Undo saves the version before, deletes the dashboard, or
 * removes the mark.
 */
export const metricsDashboard = defineChangeTool({
  name: 'metrics_dashboard',
  title: 'Save a dashboard',
  description: 'Make or change a Grafana dashboard: set panels, its whole model, or mark a deploy on it.',
  input: z.strictObject({
    uid: uidField.optional().describe('Of one that is there.'),
    title: z.string().min(1).max(200).optional().describe('Finds one, or names a new one.'),
    panels: z.array(panel).min(1).max(100).optional().describe('Others stay.'),
    dashboard: z.looseObject({}).optional().describe('Whole model instead.'),
    mark: mark.optional().describe('A note at a time instead.'),
    folder: uidField.optional().describe('Its uid.'),
    message: z.string().max(200).optional().describe('For its history.'),
  }),
  idempotent: true,

  plan: async (input, context) => (await import('./dashboard/plan.ts')).planDashboard(input, context),
});
