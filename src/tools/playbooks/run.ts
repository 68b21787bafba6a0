import * as z from 'zod';
import { defineActTool } from '../../toolkit/tool.ts';
import { playbookField } from './schemas.ts';

/** Plans a run of a playbook, or starts one in the name of whoever asks. */
export const playbooksRun = defineActTool({
  name: 'playbooks_run',
  title: 'Run a playbook',
  description:
    'Plan a run of a playbook (steps, arguments, what policy says), rehearse it on a copy of the environment, or run it. Each change still goes by policy and approval.',
  input: z.strictObject({
    name: playbookField,
    mode: z
      .enum(['plan', 'rehearse', 'run'])
      .default('plan')
      .describe('plan and rehearse change nothing; rehearse takes a minute.'),
    inputs: z.record(z.string(), z.unknown()).default({}).describe('As playbooks_get lists them.'),
  }),
  output: z.object({
    mode: z.string(),
    playbook: z.string(),
    environment: z.string(),
    run: z.string().optional(),
    status: z.string().optional(),
    steps: z.array(z.unknown()).optional(),
    truncated: z.boolean().optional(),
    next: z.string(),
  }),
  load: () => import('./run/read.ts'),
});
