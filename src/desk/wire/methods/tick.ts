import * as z from 'zod';
import { name } from './fields.ts';
import { defineAgentMethod } from './method.ts';

/**
 * It begins nothing but what a person approved, at the time they approved: whoever asks can only be early, and then
 * nothing is due. What was begun goes on to its end: else an agent that calls first, and stops, would stop every backup.
 */
export const tick = defineAgentMethod({
  name: 'tick',
  params: z.strictObject({ environment: name.exactOptional(), dryRun: z.boolean() }),
  call: (desk, params, { progress }) =>
    desk.tick(params, {
      signal: new AbortController().signal,
      ...(progress === undefined ? {} : { progress }),
    }),
});
