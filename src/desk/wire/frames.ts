import * as z from 'zod';
import { isObject, type JsonObject } from '../../core/json.ts';
import { unreadable } from './faults.ts';

/** Of a caller's choice, so that answers find their calls. */
const id = z.int().min(0);
/** Longer than any name of ours. */
const method = z.string().max(64);

/** What a caller may send once it is welcome. */
const frame = z.union([
  z.strictObject({ id, method, params: z.custom<JsonObject>(isObject) }),
  z.strictObject({ cancel: id }),
  z.strictObject({ gone: id }),
]);
export type Frame = z.output<typeof frame>;

/** Not strict: a newer caller may say more, and is told that it is one. */
export const callerGreeting = z.object({
  hello: z.object({ protocol: z.int(), version: z.string().max(64) }),
});

/** How an MCP client narrows what it is served; absent: not at all. */
export const mcpAsked = z.strictObject({
  toolsets: z.array(z.string().max(64)).max(32).exactOptional(),
  readOnly: z.literal(true).exactOptional(),
});
export type McpAsked = z.output<typeof mcpAsked>;

/** @throws VigieError DAEMON */
export function readFrame(line: string): Frame {
  const found = frame.safeParse(readJson(line));
  if (found.success) return found.data;
  throw unreadable('a line is no call, cancel or gone');
}

/** @throws VigieError DAEMON */
export function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw unreadable('a line is no JSON', error);
  }
}
