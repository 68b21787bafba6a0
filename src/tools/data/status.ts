import * as z from 'zod';
import { defineReadTool } from '../../toolkit/tool.ts';

/** Judges the databases and caches that vigie.yaml names, by what they say of themselves. */
export const dataStatus = defineReadTool({
  name: 'data_status',
  title: 'Health of data services',
  description:
    'Judge databases and caches (data in vigie.yaml) by their own views: connections, replication, slow queries, WAL archiving, memory.',
  input: z.strictObject({
    name: z.string().max(63).optional().describe('Default: all; one is told in full.'),
  }),
  output: z.object({
    states: z.record(z.string(), z.string()),
    services: z.array(z.unknown()),
    bad: z.boolean(),
    total: z.int(),
    shown: z.int(),
    next: z.string().optional(),
  }),

  load: async () => import('./status/read.ts'),
});
