import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { namespaceField } from '../k8s/schemas.ts';
import { formatField, levelField, queryField, targetField } from './schemas.ts';

export const patternsInput = z.strictObject({
  query: queryField,
  target: targetField,
  namespace: namespaceField.describe('Or all of it.'),
  level: levelField,
  since: z.string().max(40).default('deploy').describe("Or a time, or 2h; deploy: the target's last."),
  grew: z.number().min(1.5).max(1_000).default(3).describe('Grown: so many times as often.'),
  format: formatField,
});

export const patternsOutput = z.object({
  source: z.string(),
  since: z.string(),
  lines: z.int(),
  new: z.int(),
  grew: z.int(),
  gone: z.int(),
  shown: z.int(),
  truncated: z.boolean(),
  rows: asData(z.array(z.unknown())),
  notRead: z.array(z.string()).optional(),
});

/** Shows which log templates are new, grown or gone since a time, against as long a time before it. */
export const logsPatterns = defineReadTool({
  name: 'logs_patterns',
  title: 'Compare logs',
  description: 'What is new, more frequent or gone in logs since a deploy or a time, against as long before.',
  input: patternsInput,
  output: patternsOutput,
  load: async () => (await import('./patterns/read.ts')).reading,
});
