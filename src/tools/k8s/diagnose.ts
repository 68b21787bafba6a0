import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { shownFinding } from './diagnose/answer.ts';
import { diagnoseInput } from './diagnose/input.ts';

/** Says what is wrong, why, and the one call that heals it; by rules, without a model. */
export const k8sDiagnose = defineReadTool({
  name: 'k8s_diagnose',
  title: 'Find what is wrong',
  description: 'Find what is wrong and why, root causes first, with evidence and tried fixes. Start here.',
  input: diagnoseInput,
  output: z.object({
    summary: z.string(),
    findings: asData(z.array(shownFinding)),
    notes: z.array(z.unknown()),
    notChecked: z.array(z.string()),
    truncated: z.boolean(),
    next: z.string().optional(),
  }),
  previews: 'own',
  load: () => import('./diagnose/read.ts'),
});
