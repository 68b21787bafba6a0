import { VigieError } from '../../core/errors.ts';
import type { Wait } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import { keep } from './attempt-call.ts';
import { isUnder } from './is-under.ts';
import { lookFor } from './look-for.ts';
import type { RunContext } from './run-context.ts';
import type { StepEnd } from './step-end.ts';
import { lookAgainMs } from './waits.ts';

/**
 * Nothing that a run left half done goes on without it: tickets that are still open are closed, runs that it called are
 * ended, and what was on its way is looked for. `within`: under that path alone. Undefined: nothing is left.
 */
export async function settleLeft(
  run: RunContext,
  { within }: { within?: string } = {},
): Promise<Extract<StepEnd, { end: 'waiting' | 'stopped' }> | undefined> {
  const waits: Wait[] = [];
  for (const { path, attempt, output } of run.records.unsettled()) {
    if (!belongsTo(path, within)) continue;
    const [change, ticket, child] = [
      textOf(output, 'change'),
      textOf(output, 'ticket'),
      textOf(output, 'child'),
    ];
    if (child !== '') {
      await endChild(run, child);
      continue;
    }
    if (ticket !== '') await run.around.withdraw(ticket, run.lease.run);
    const found = await lookFor(run, change);
    if (run.signal.aborted) return { end: 'stopped' };
    if (found === 'unknown') {
      const failure = { code: 'CANCELLED', message: 'It had not begun when the run was ended.' };
      await keep(run, { path, attempt, outcome: { is: 'failed', failure } });
    } else if (found === 'executing')
      waits.push({ path, kind: 'timer', until: run.around.now() + lookAgainMs });
    // What somebody else asked for too is theirs: it is decided without this run.
    else if (found.is === 'ticket') {
      const failure = { code: 'CANCELLED', message: 'It waited for a person when the run was ended.' };
      await keep(run, { path, attempt, outcome: { is: 'failed', failure } });
    } else await keep(run, { path, attempt, outcome: found });
  }
  return waits.length === 0 ? undefined : { end: 'waiting', waits };
}

/** What cleans up has paths that begin with a point, as no step's has: it is gone through by itself. */
function belongsTo(path: string, within: string | undefined): boolean {
  return within === undefined ? !path.startsWith('.') : isUnder(path, within);
}

async function endChild(run: RunContext, child: string): Promise<void> {
  try {
    await run.around.journal.request(child, 'cancel');
  } catch (error) {
    // It has ended by itself, or was never started.
    if (!(error instanceof VigieError && (error.code === 'CONFLICT' || error.code === 'NOT_FOUND')))
      throw error;
  }
}
