import * as z from 'zod';
import { defineReadTool } from '../../toolkit/tool.ts';
import { cursorField, labelSelectorField, namespaceField, refField } from '../k8s/schemas.ts';

// Of raw lines; of templates an answer has room for about twenty.
const mostRows = 1_000;
const queryChars = 5_000;

export const queryInput = z.strictObject({
  query: z.string().min(1).max(queryChars).optional().describe('LogQL, where there is a Loki. Or:'),
  namespace: namespaceField,
  target: refField.optional().describe('Workload or pod.'),
  selector: labelSelectorField.optional().describe('Of pods.'),
  contains: z.string().min(1).max(500).optional().describe('Plain text.'),
  level: z.enum(['error', 'warn', 'info']).optional().describe('Or graver.'),
  from: z.string().max(40).default('1h').describe('Time or how long ago.'),
  to: z.string().max(40).optional().describe('Default: now.'),
  limit: z.int().min(1).max(mostRows).default(50).describe('Templates or lines.'),
  raw: z.boolean().default(false).describe('Lines, newest page first.'),
  cursor: cursorField.describe('Of the page before.'),
});

export const queryOutput = z.object({
  source: z.string(),
  from: z.string(),
  to: z.string(),
  lines: z.int(),
  total: z.int().optional(),
  levels: z.record(z.string(), z.int()).optional(),
  templates: z.int().optional(),
  series: z.int().optional(),
  shown: z.int(),
  truncated: z.boolean(),
  cursor: z.string().optional(),
  notRead: z.array(z.string()).optional(),
});

/** Shows what logs say: lines folded into templates, errors first, or raw, or the series of a metric query. */
export const logsQuery = defineReadTool({
  name: 'logs_query',
  title: 'Query logs',
  description:
    'What Loki or, without one, pods logged: lines folded into templates with counts and rates, errors first. LogQL metric queries give series.',
  input: queryInput,
  output: queryOutput,
  load: async () => (await import('./query/read.ts')).reading,
});
