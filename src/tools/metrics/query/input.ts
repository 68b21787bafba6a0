import * as z from 'zod';

/** A query of a dashboard may be long; what is longer would not fit into a URL of every server. */
const queryChars = 4_000;

export const metricsQueryInput = z.strictObject({
  query: z.string().min(1).max(queryChars).describe('PromQL.'),
  at: z.string().max(40).optional().describe('Of one moment: 1h (ago) or a time. Default: now.'),
  from: z.string().max(40).optional().describe('Instead, of a range.'),
  to: z.string().max(40).optional().describe("The range's end. Default: now."),
  step: z.string().max(20).optional().describe('As 30s. Default: fits the range.'),
  groupBy: z.array(z.string().max(100)).max(10).optional().describe('Labels: the sum of each group.'),
  top: z.int().min(1).max(50).default(10).describe('Series shown.'),
  raw: z.boolean().default(false).describe('Points, in pages.'),
  format: z.enum(['table', 'json']).default('table').describe('json: rows as data.'),
  cursor: z.string().max(200).optional().describe('Of the page before.'),
});

export type MetricsQueryAsked = z.output<typeof metricsQueryInput>;
