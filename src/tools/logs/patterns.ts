import * as z from 'zod';
import { defineReadTool } from '../../toolkit/tool.ts';
import { labelSelectorField, namespaceField, refField } from '../k8s/schemas.ts';

const mostRows = 200;
const queryChars = 5_000;

export const patternsInput = z.strictObject({
  query: z.string().min(1).max(queryChars).optional().describe('LogQL, where there is a Loki. Or:'),
  namespace: namespaceField,
  target: refField.optional().describe('Workload or pod.'),
  selector: labelSelectorField.optional().describe('Of pods.'),
  level: z.enum(['error', 'warn', 'info']).optional().describe('Or graver.'),
  since: z
    .string()
    .max(40)
    .default('deploy')
    .describe("Time, how long ago, or deploy: the target's newest revision or change by Vigie."),
  to: z.string().max(40).optional().describe('Default: now, at most a day after.'),
  grew: z.number().min(1.5).max(1_000).default(3).describe('Times as often counts as grown.'),
  limit: z.int().min(1).max(mostRows).default(30).describe('Templates.'),
});

export const patternsOutput = z.object({
  source: z.string(),
  from: z.string(),
  since: z.string(),
  to: z.string(),
  lines: z.int(),
  new: z.int(),
  grew: z.int(),
  gone: z.int(),
  shown: z.int(),
  truncated: z.boolean(),
  notRead: z.array(z.string()).optional(),
});

/** Shows which log templates are new, grown or gone since a time, against as long a time before it. */
export const logsPatterns = defineReadTool({
  name: 'logs_patterns',
  title: 'Compare logs',
  description:
    'What is new, more frequent or gone in logs since a deploy or a time, against the same length of time before.',
  input: patternsInput,
  output: patternsOutput,
  load: async () => (await import('./patterns/read.ts')).reading,
});
