import { textOf } from '../../core/json.ts';
import { type CallOutcome, outcomeOfRecord } from './call-outcome.ts';
import type { RunContext } from './run-context.ts';

/**
 * How a change ended that was on its way. `unknown`: nothing of that name was ever recorded, so nothing was sent;
 * `executing`: it is still on its way, or cannot be looked at just now. A change that somebody else asked for fails the
 * step, and is not the run's to take back.
 */
export async function lookFor(
  run: RunContext,
  change: string,
): Promise<CallOutcome | 'unknown' | 'executing'> {
  const answer = await run.call({ tool: 'changes_get', input: { id: change } });
  if (answer.status === 'failed')
    return textOf(answer.data, 'code') === 'UNKNOWN_CHANGE' ? 'unknown' : 'executing';
  if ((await run.around.runBehind(change)) !== run.lease.run) {
    const message = `${change} is a change that this run did not ask for.`;
    return { is: 'failed', failure: { code: 'CONFLICT', message } };
  }
  const outcome = outcomeOfRecord(answer.data);
  if (outcome !== undefined) return outcome;
  await run.around.recover(run.signal);
  return 'executing';
}
