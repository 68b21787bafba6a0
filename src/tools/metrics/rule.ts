import * as z from 'zod';
import { defineChangeTool } from '../../toolkit/tool.ts';

const texts = z.record(z.string().max(200), z.string().max(4_000));

const rule = z.strictObject({
  alert: z.string().min(1).max(200).optional().describe('Its name, or record.'),
  record: z
    .string()
    .regex(/^[A-Za-z_:][A-Za-z0-9_:]{0,199}$/)
    .optional()
    .describe('Metric it makes.'),
  expr: z.string().min(1).max(8_000).describe('PromQL.'),
  for: z.string().max(20).optional().describe('As 5m.'),
  keepFiringFor: z.string().max(20).optional().describe('As 5m.'),
  labels: texts.optional().describe('Added.'),
  annotations: texts.optional().describe('Templates.'),
});

export type AskedRule = z.output<typeof rule>;

/** Sets the rules of one group in a rule file or resource, or deletes the group. Undo restores the text or object. */
export const metricsRule = defineChangeTool({
  name: 'metrics_rule',
  title: 'Set alerting rules',
  description: 'Set all rules of one group, or delete it, where metrics.rules of vigie.yaml says.',
  input: z.strictObject({
    name: z.string().min(1).max(100).describe('Rule file or resource.'),
    group: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[^\p{Cc}\p{Cf}]*$/u)
      .optional()
      .describe('Default: name.'),
    rules: z.array(rule).min(1).max(100).optional().describe('All of the group.'),
    delete: z.literal(true).optional().describe('In place of rules.'),
    tests: z.array(z.looseObject({})).max(50).optional().describe('promtool unit tests.'),
  }),
  idempotent: true,

  plan: async (input, context) => (await import('./rule/plan.ts')).planRule(input, context),
});
