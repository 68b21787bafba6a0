import type { JsonObject } from './json.ts';

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

/** What every door shows: already redacted, cleaned of control characters and cut to size. */
export interface CallResult {
  status: CallStatus;
  /** Fits the tool's output schema, unless the call failed: then {status, code, message, hint, details}. */
  data: JsonObject;
  text: string;
}
