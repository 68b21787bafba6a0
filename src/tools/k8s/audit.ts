import * as z from 'zod';
import { asData } from '../../toolkit/asked-field.ts';
import { defineReadTool } from '../../toolkit/tool.ts';
import { auditAnswer } from './audit/answer.ts';
import { auditInput } from './audit/input.ts';

/** Says what breaks the rules of reliability and security, by rule, each with its patch; and what an upgrade would break. */
export const k8sAudit = defineReadTool({
  name: 'k8s_audit',
  title: 'Audit a cluster',
  description:
    'Find what breaks rules of security and reliability, or would break in an upgrade, with patches.',
  input: auditInput,
  output: auditAnswer.extend({
    rules: asData(z.array(z.unknown())),
    notes: z.array(z.unknown()),
    excepted: z.array(z.unknown()),
  }),
  load: () => import('./audit/read.ts'),
});
