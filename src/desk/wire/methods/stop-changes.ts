import * as z from 'zod';
import { words } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const stopChanges = defineAgentMethod({
  name: 'stopChanges',
  params: z.strictObject({ why: words }),
  call: (desk, params) => desk.stopChanges(params),
});
