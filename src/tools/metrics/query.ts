import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { metricsQueryInput } from './query/input.ts';

/** Answers a query of metrics with figures of each series, whatever comes back. */
export const metricsQuery = defineReadTool({
  name: 'metrics_query',
  title: 'Query metrics',
  description: 'Ask Prometheus or VictoriaMetrics: figures and course of each series, the largest first.',
  input: metricsQueryInput,
  output: z.object({
    series: z.int(),
    points: z.int(),
    shown: z.int(),
    unit: z.string(),
    truncated: z.boolean(),
    empty: z.string().optional(),
    notes: z.array(z.string()).optional(),
    cursor: z.string().optional(),
    rows: asData(z.array(z.unknown())),
    time: asData(z.object({ from: z.string(), to: z.string() })),
  }),
  load: () => import('./query/read.ts'),
});
