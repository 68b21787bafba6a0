import type { StepRecord } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import type { StepFailure } from './step-end.ts';

/** Why a step failed, read back from its record. */
export function failureOf({ error }: StepRecord): StepFailure {
  const cause = textOf(error, 'cause');
  return {
    code: textOf(error, 'code'),
    message: textOf(error, 'message'),
    ...(isCause(cause) ? { cause } : {}),
  };
}

function isCause(text: string): text is NonNullable<StepFailure['cause']> {
  return ['transient', 'failed', 'unverified', 'plan_changed'].includes(text);
}
