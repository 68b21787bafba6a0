import * as z from 'zod';
import { auditPageRows } from '../../desk.ts';
import { id, sequence } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const auditRows = defineAgentMethod({
  name: 'auditRows',
  params: z.strictObject({
    limit: z.int().min(1).max(auditPageRows),
    before: sequence.exactOptional(),
    changeId: id.exactOptional(),
  }),
  call: (desk, params) => desk.auditRows(params),
});
