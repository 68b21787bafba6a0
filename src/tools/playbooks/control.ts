import * as z from 'zod';
import { defineActTool } from '../../toolkit/tool.ts';
import { runField } from './schemas.ts';

const actions = ['cancel', 'pause', 'resume', 'retry'] as const;

/** Ends, holds or lets go on a run, or runs it again. What a run asks a person, no tool answers. */
export const playbooksControl = defineActTool({
  name: 'playbooks_control',
  title: 'Control a run',
  description:
    'Cancel, pause, resume or retry a run. Cancel and pause take hold before its next step; retry is a new run. Approving is for people.',
  input: z.strictObject({
    run: runField.describe('Id of a run.'),
    action: z
      .enum(actions, {
        error: `expected one of ${actions.join(', ')}; no tool approves or rejects: a person does, in a terminal`,
      })
      .describe('resume also goes on with a run that was left.'),
    from: z.string().max(64).optional().describe('retry: a top step; default: the first that failed.'),
  }),
  output: z.object({
    run: z.string(),
    status: z.string(),
    retryOf: z.string().optional(),
    next: z.string(),
  }),
  environmental: false,
  load: () => import('./control/read.ts'),
});
