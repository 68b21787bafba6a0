import type { Wait } from '../../core/journal.ts';
import type { Json } from '../../core/json.ts';
import type { RetryCause } from '../../core/playbook.ts';

/** Why a step failed, as it is recorded and shown. */
export interface StepFailure {
  code: string;
  message: string;
  /** What may be tried again of it; absent: nothing. */
  cause?: RetryCause;
}

/** How going on with a step ended, for now or for good. */
export type StepEnd =
  | { end: 'done'; output: Json }
  /** Its condition did not hold. */
  | { end: 'skipped' }
  | { end: 'failed'; failure: StepFailure }
  /** Nothing more can be done of it before one of these is over. */
  | { end: 'waiting'; waits: readonly Wait[] }
  /** Somebody asked for the run to be held or ended, or another worker has it. */
  | { end: 'stopped' };

/** Several that went on side by side, and none of them is a failure or stopped: waiting if one is. */
export function waitsOf(ends: readonly StepEnd[]): Wait[] {
  return ends.flatMap(end => (end.end === 'waiting' ? end.waits : []));
}
