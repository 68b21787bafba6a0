import * as z from 'zod';
import { name } from './fields.ts';
import { defineApproverMethod } from './method.ts';

export const prepareStatement = defineApproverMethod({
  name: 'prepareStatement',
  params: z.union([
    z.strictObject({ act: z.enum(['kill-switch-off', 'policy-accept']), approver: name }),
    z.strictObject({ act: z.literal('env-trust'), environment: name, approver: name }),
  ]),
  call: (desk, params) => desk.prepareStatement(params),
});
