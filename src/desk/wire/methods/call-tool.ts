import * as z from 'zod';
import { isObject, type JsonObject } from '../../../core/json.ts';
import { name } from './fields.ts';
import { defineAgentMethod } from './method.ts';

export const callTool = defineAgentMethod({
  name: 'callTool',
  // The pipeline checks an input against the tool's own schema.
  params: z.strictObject({ tool: name, input: z.custom<JsonObject>(isObject) }),
  call: (desk, params, doing) => desk.callTool(params, doing),
});
