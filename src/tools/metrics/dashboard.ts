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

/** Makes a dashboard of Grafana, or changes one. Undo saves the version before, or deletes it. */
export const metricsDashboard = defineChangeTool({
  name: 'metrics_dashboard',
  title: 'Save a dashboard',
  description: 'Make or change a Grafana dashboard: set panels, or its whole model.',
  input: z.strictObject({
    uid: uidField.optional().describe('Of one that is there.'),
    title: z.string().min(1).max(200).optional().describe('Finds one, or names a new one.'),
    panels: z.array(panel).min(1).max(100).optional().describe('Others stay.'),
    dashboard: z.looseObject({}).optional().describe('Whole model instead.'),
    folder: uidField.optional().describe('Its uid.'),
    message: z.string().max(200).optional().describe('For its history.'),
  }),
  idempotent: true,

  plan: async (input, context) => (await import('./dashboard/plan.ts')).planDashboard(input, context),
});
