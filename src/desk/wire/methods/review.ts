import * as z from 'zod';
import { id, name } from './fields.ts';
import { defineApproverMethod } from './method.ts';

export const review = defineApproverMethod({
  name: 'review',
  params: z.strictObject({ id, person: name }),
  call: (desk, params, doing) => desk.review(params, doing),
});
