import * as z from 'zod';
import { name } from './fields.ts';
import { defineAgentMethod } from './method.ts';

/** It starts nothing but what a person approved, at the time they approved: whoever asks can only be early, and then nothing is due. */
export const tick = defineAgentMethod({
  name: 'tick',
  params: z.strictObject({ environment: name.exactOptional(), dryRun: z.boolean() }),
  call: (desk, params, doing) => desk.tick(params, doing),
});
