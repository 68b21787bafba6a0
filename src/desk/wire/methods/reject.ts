import * as z from 'zod';
import { id, words } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const reject = defineAgentMethod({
  name: 'reject',
  params: z.strictObject({ id, reason: words.exactOptional() }),
  call: (desk, params) => desk.reject(params),
});
