import * as z from 'zod';
import { name } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const tickets = defineAgentMethod({
  name: 'tickets',
  params: z.strictObject({ environment: name.exactOptional() }),
  call: (desk, params) => desk.tickets(params),
});
