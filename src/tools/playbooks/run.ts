import * as z from 'zod';
import { defineActTool } from '../../toolkit/tool.ts';
import { playbookField } from './schemas.ts';

/** Plans a run of a playbook, or starts one in the name of whoever asks. */
export const playbooksRun = defineActTool({
  name: 'playbooks_run',
  title: 'Run a playbook',
  description:
    'Plan a run of a playbook (mode plan: steps, arguments, what policy says), or start it. Each change still goes by policy and approval.',
  input: z.strictObject({
    name: playbookField,
    mode: z.enum(['plan', 'run']).default('plan').describe('plan changes nothing.'),
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
