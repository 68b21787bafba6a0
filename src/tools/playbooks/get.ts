import * as z from 'zod';
import { defineReadTool } from '../../toolkit/tool.ts';
import { playbookField } from './schemas.ts';

/** Shows what a playbook is for, takes and does. */
export const playbooksGet = defineReadTool({
  name: 'playbooks_get',
  title: 'Show a playbook',
  description: 'Show what a playbook is for, its inputs, steps, policy and triggers.',
  input: z.strictObject({ name: playbookField }),
  output: z.object({
    name: z.string(),
    title: z.string().optional(),
    origin: z.string(),
    digest: z.string().optional(),
    inputs: z.unknown().optional(),
    policy: z.unknown().optional(),
    triggers: z.unknown().optional(),
    timeout: z.string().optional(),
    usable: z.boolean(),
    next: z.string().optional(),
  }),
  environmental: false,
  load: () => import('./get/read.ts'),
});
