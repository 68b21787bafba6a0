import * as z from 'zod';
import { limits } from '../../core/limits.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { runField } from './schemas.ts';

/** Shows how far a run is, what it waits for and what it changed; can wait until it ends or asks a person. */
export const playbooksStatus = defineReadTool({
  name: 'playbooks_status',
  title: 'Show a run',
  description:
    'Show a run of a playbook: steps, what it waits for, changes made. Set waitSeconds instead of polling.',
  input: z.strictObject({
    run: runField.optional().describe('Id; default: list the newest runs.'),
    waitSeconds: z
      .int()
      .min(0)
      .max(limits.waitSeconds)
      .default(0)
      .describe('Wait until it ends or asks a person.'),
    step: z.string().max(256).optional().describe('Path: show what it answered.'),
  }),
  output: z.object({
    run: z.string().optional(),
    playbook: z.string().optional(),
    environment: z.string().optional(),
    status: z.string().optional(),
    steps: z.array(z.unknown()).optional(),
    waits: z.array(z.unknown()).optional(),
    failure: z.string().optional(),
    changes: z.array(z.unknown()).optional(),
    output: z.unknown().optional(),
    runs: z.array(z.unknown()).optional(),
    truncated: z.boolean(),
    approveWith: z.string().optional(),
    next: z.string().optional(),
  }),
  environmental: false,
  load: () => import('./status/read.ts'),
});
