import { isObject, type JsonObject, textIn, textOf, textsIn } from '../../core/json.ts';
import type { CallResult } from '../../core/result.ts';
import type { StepEnd, StepFailure } from './step-end.ts';

/** What is kept of a call that ended well: what later steps read, and the change it made. */
interface KeptCall {
  status: string;
  data: JsonObject;
  /** Absent: it changed nothing. */
  change?: string;
}

/** What one answer of a tool means for its step. `ticket`: a person has to decide first. */
export type CallOutcome =
  | { is: 'done'; kept: KeptCall }
  | { is: 'failed'; failure: StepFailure; change?: string }
  | { is: 'ticket'; ticket: string; until?: number };

export function outcomeOf({ status, data, text }: CallResult): CallOutcome {
  const change = textOf(data, 'id');
  const made = change === '' ? {} : { change };
  switch (status) {
    case 'answered':
    case 'nothing_to_do':
      return { is: 'done', kept: { status, data } };
    case 'done':
      return { is: 'done', kept: { status, data, ...made } };
    case 'approval_required': {
      const until = Date.parse(textOf(data, 'expiresAt'));
      return { is: 'ticket', ticket: textOf(data, 'ticket'), ...(Number.isNaN(until) ? {} : { until }) };
    }
    case 'unverified':
      return {
        is: 'failed',
        failure: { code: 'UNVERIFIED', message: evidenceOf(data), cause: 'unverified' },
        ...made,
      };
    case 'plan_changed':
      return {
        is: 'failed',
        failure: { code: 'PLAN_CHANGED', message: firstLine(text), cause: 'plan_changed' },
      };
    case 'denied':
    case 'rejected':
      return { is: 'failed', failure: { code: status.toUpperCase(), message: firstLine(text) } };
    case 'failed':
      return {
        is: 'failed',
        failure: {
          code: textOf(data, 'code') || 'FAILED',
          message: textOf(data, 'message') || withEvidence(firstLine(text), data),
          cause: data['retryable'] === true ? 'transient' : 'failed',
        },
      };
  }
}

/** What `changes_get` says of a change whose outcome nobody recorded; undefined: it is still on its way. */
export function outcomeOfRecord(data: JsonObject): CallOutcome | undefined {
  const [id, state] = [textOf(data, 'id'), textOf(data, 'state')];
  const message = withEvidence(`${textOf(data, 'summary')}: ${state}`, data);
  switch (state) {
    case 'waiting': {
      const until = Date.parse(textOf(data, 'expiresAt'));
      return { is: 'ticket', ticket: id, ...(Number.isNaN(until) ? {} : { until }) };
    }
    case 'executing':
      return undefined;
    case 'done':
      return { is: 'done', kept: { status: 'done', data, change: id } };
    case 'unverified':
      return {
        is: 'failed',
        failure: { code: 'UNVERIFIED', message: evidenceOf(data), cause: 'unverified' },
        change: id,
      };
    case 'plan_changed':
      return { is: 'failed', failure: { code: 'PLAN_CHANGED', message, cause: 'plan_changed' } };
    // Nobody knows what stands: a person must look before anything is tried again.
    case 'interrupted':
      return { is: 'failed', failure: { code: 'INTERRUPTED', message } };
    case 'failed':
    case 'returned':
      return { is: 'failed', failure: { code: 'FAILED', message, cause: 'failed' } };
    case 'rejected':
      return {
        is: 'failed',
        failure: { code: 'REJECTED', message: `${textOf(data, 'summary')}: ${endOfTicket(data)}` },
      };
    default:
      return { is: 'failed', failure: { code: state.toUpperCase(), message } };
  }
}

/** How `changes_get` says a ticket ended: of one that was rejected, by whom and why. */
export function endOfTicket(data: JsonObject): string {
  const [state, by] = [textOf(data, 'state'), textOf(data, 'decidedBy')];
  return state === 'rejected' ? withEvidence(by === '' ? state : `${state} by ${by}`, data) : state;
}

/** What later steps see of a call that was kept. */
export function dataOf(end: StepEnd): JsonObject {
  if (end.end !== 'done' || !isObject(end.output)) return {};
  const { data } = end.output;
  return isObject(data) ? data : {};
}

/** What failed, and the first that was seen of it: why. */
function withEvidence(what: string, data: JsonObject): string {
  const [first] = textsIn(data['evidence']);
  return first === undefined ? what : `${what}: ${first}`;
}

function evidenceOf(data: JsonObject): string {
  const [first] = textsIn(data['evidence']);
  return first ?? textIn(data['summary']);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
