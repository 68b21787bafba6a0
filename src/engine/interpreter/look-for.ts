import { textOf } from '../../core/json.ts';
import { type CallOutcome, outcomeOfRecord } from './call-outcome.ts';
import type { RunContext } from './run-context.ts';

/**
 * How a change ended that was on its way. `unknown`: nothing of that name was ever recorded, so nothing was sent;
 * `executing`: it is still on its way, or cannot be looked at just now.
 */
export async function lookFor(
  run: RunContext,
  change: string,
): Promise<CallOutcome | 'unknown' | 'executing'> {
  const answer = await run.call({ tool: 'changes_get', input: { id: change } });
  if (answer.status !== 'failed') return outcomeOfRecord(answer.data) ?? 'executing';
  return textOf(answer.data, 'code') === 'UNKNOWN_CHANGE' ? 'unknown' : 'executing';
}
