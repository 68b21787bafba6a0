import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { cursorField, namespaceField } from '../k8s/schemas.ts';
import { formatField, levelField, queryField, targetField } from './schemas.ts';

// Of raw lines; of templates an answer has room for about twenty.
const mostRows = 1_000;

export const queryInput = z.strictObject({
  query: queryField,
  target: targetField,
  namespace: namespaceField.describe('Or all of it.'),
  contains: z.string().min(1).max(500).optional().describe('Plain text.'),
  level: levelField,
  from: z.string().max(40).default('1h').describe('Or a time.'),
  to: z.string().max(40).optional().describe('Default: now.'),
  limit: z.int().min(1).max(mostRows).default(50).describe('Rows.'),
  raw: z.boolean().default(false).describe('Lines as they are.'),
  cursor: cursorField.describe('Older raw lines.'),
  format: formatField,
});

export const queryOutput = z.object({
  source: z.string(),
  lines: z.int(),
  total: z.int(),
  shown: z.int(),
  truncated: z.boolean(),
  cursor: z.string().optional(),
  rows: asData(z.array(z.unknown())),
  notRead: z.array(z.string()).optional(),
});

/** Shows what logs say: lines folded into templates, errors first, or raw, or the series of a metric query. */
export const logsQuery = defineReadTool({
  name: 'logs_query',
  title: 'Query logs',
  description:
    'Logs of Loki or pods: lines folded into templates with counts and rates, errors first. LogQL metrics give series.',
  input: queryInput,
  output: queryOutput,
  load: async () => (await import('./query/read.ts')).reading,
});
