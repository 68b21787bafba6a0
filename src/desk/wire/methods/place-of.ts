import * as z from 'zod';
import { id } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const placeOf = defineAgentMethod({
  name: 'placeOf',
  params: z.strictObject({ id }),
  call: (desk, params) => desk.placeOf(params),
});
