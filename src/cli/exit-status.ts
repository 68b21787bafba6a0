import type { ErrorCode } from '../core/errors.ts';
import type { CallResult } from '../core/result.ts';

/** What the exit status of every command says. The help shows this list. */
export const exitStatuses = {
  0: 'done, nothing to do, or answered',
  1: 'failed, or applied and not seen healthy',
  2: 'the command line itself is wrong',
  3: 'a person must approve, or the plan has changed since',
  4: 'denied by policy, or rejected by a person',
  5: 'answered, and the answer is bad',
} as const;

export type ExitStatus = keyof typeof exitStatuses;

/** What shells report for a process ended by Ctrl-C, and by a reader that went away. */
export const interruptedStatus = 130;
export const brokenPipeStatus = 141;

/** Of commands whose answer can be bad, and of tickets that a person left open. */
export const badAnswerStatus: ExitStatus = 5;
export const stillOpenStatus: ExitStatus = 3;

const usageCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_INPUT',
  'UNKNOWN_TOOL',
  'UNKNOWN_ENVIRONMENT',
]);

export function exitStatusOfCode(code: string): ExitStatus {
  return usageCodes.has(code) ? 2 : 1;
}

export function exitStatusOf(result: CallResult): ExitStatus {
  switch (result.status) {
    case 'answered':
      return result.data['differs'] === true || result.data['bad'] === true ? badAnswerStatus : 0;
    case 'done':
    case 'nothing_to_do':
      return 0;
    case 'unverified':
      return 1;
    case 'approval_required':
    case 'plan_changed':
      return 3;
    case 'denied':
    case 'rejected':
      return 4;
    case 'failed':
      return exitStatusOfCode(typeof result.data['code'] === 'string' ? result.data['code'] : 'INTERNAL');
  }
}
