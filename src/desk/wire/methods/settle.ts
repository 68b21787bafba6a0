import * as z from 'zod';
import { base64, hash, id, name } from './fields.ts';
import { defineApproverMethod } from './method.ts';

export const settle = defineApproverMethod({
  name: 'settle',
  params: z.strictObject({
    id,
    by: z.strictObject({
      payload: z.strictObject({
        v: z.literal(1),
        ticket: id,
        digest: hash,
        environment: name,
        cluster: z.string().max(8_192),
        decision: z.literal('approve'),
        approver: name,
        expiresAt: z.iso.datetime(),
        policyHash: hash,
        auditHead: hash,
      }),
      signature: base64,
      publicKey: base64,
    }),
  }),
  call: (desk, params, doing) => desk.settle(params, doing),
});
