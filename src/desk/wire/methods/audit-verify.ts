import * as z from 'zod';
import { hash } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const auditVerify = defineAgentMethod({
  name: 'auditVerify',
  params: z.strictObject({ head: hash.exactOptional() }),
  call: (desk, params) => desk.auditVerify(params),
});
