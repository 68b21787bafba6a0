import type { JsonObject } from './json.ts';
import type { Trusted } from './trusted-text.ts';

/**
 * How a call ended. Only `failed` and invalid input are errors for an MCP client; `answered` is a read's.
 */
export type CallStatus =
  | 'answered'
  | 'done'
  | 'nothing_to_do'
  | 'approval_required'
  | 'denied'
  | 'rejected'
  | 'plan_changed'
  | 'unverified'
  | 'failed';

/**
 * What an answer tells to do: Vigie's own words alone. Everything else in it but status and code may hold text that others
 * wrote, and no field there has one of these names.
 */
export interface Steps {
  hint?: Trusted;
  next?: Trusted;
  undo?: Trusted;
  approveWith?: Trusted;
}

export const stepNames = ['hint', 'next', 'undo', 'approveWith'] as const satisfies (keyof Steps)[];

/** What every door shows: already redacted, cleaned of control characters and cut to size. */
export interface CallResult {
  status: CallStatus;
  /** Fits the tool's output schema, unless the call failed: then {status, code, message, hint, details}. */
  data: JsonObject;
  text: string;
}
