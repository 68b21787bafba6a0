import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { auditAnswer } from '../k8s/audit/answer.ts';
import { lintInput } from '../k8s/audit/input.ts';

/** The rules of k8s_audit for manifests, and what the server would refuse or drop; no cluster is asked. */
export const manifestsLint = defineReadTool({
  name: 'manifests_lint',
  title: 'Check manifests',
  description: 'Find faults, unknown fields and risks in manifests, with patches; no cluster is asked.',
  input: lintInput,
  output: auditAnswer.extend({
    rules: asData(z.array(z.unknown())),
    notes: z.array(z.unknown()),
    excepted: z.array(z.unknown()),
  }),
  environmental: false,
  load: () => import('./lint/read.ts'),
});
