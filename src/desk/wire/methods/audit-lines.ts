import * as z from 'zod';
import { sequence } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const auditLines = defineAgentMethod({
  name: 'auditLines',
  params: z.strictObject({ after: sequence }),
  call: (desk, params) => desk.auditLines(params),
});
