import type { ClaimedRun, Wait } from '../../core/journal.ts';
import type { Evaluator } from '../language/expressions/evaluator.ts';
import { definitionOf } from './definition-of.ts';
import { RunContext, type Surroundings } from './run-context.ts';
import { type RunProgress, runPlaybook } from './run-playbook.ts';
import { Scope, valuesOf } from './scope.ts';

/** What a worker that is stopped lets go of may be taken by another that soon. */
const handOverMs = 100;

/**
 * Goes on with a run that a worker has taken, and lets go of it: ended, waiting, or held because somebody asked. Where the
 * worker itself is stopped, another may take it at once.
 * @throws VigieError FENCED, STORE
 */
export async function goOnWithRun(
  claimed: ClaimedRun,
  {
    around,
    evaluator,
    signal,
    begun,
  }: {
    around: Surroundings;
    evaluator: Evaluator;
    signal: AbortSignal;
    /** Told of the run once it can be asked to stop. */
    begun: (run: RunContext) => void;
  },
): Promise<void> {
  const { journal } = around;
  const { lease } = claimed;
  const playbook = await definitionOf(journal, claimed.digest);
  if (playbook === undefined) {
    const message = `Its definition ${claimed.digest.slice(0, 8)} cannot be read by this Vigie, or is another text.`;
    await journal.finish(lease, { status: 'failed', output: { failure: { code: 'PLAYBOOK', message } } });
    return;
  }
  for (;;) {
    const run = new RunContext({ claimed, around, signal, maxTargets: playbook.policy.maxTargets });
    begun(run);
    const progress = await runPlaybook(run, {
      playbook,
      startedAt: claimed.startedAt,
      scope: Scope.of({ evaluator, inputs: playbook.inputs, values: valuesOf(claimed) }),
    });
    if (await letGo(run, progress)) return;
    const view = await journal.get(lease.run);
    const { request: _, ...rest } = claimed;
    claimed = {
      ...rest,
      steps: view?.steps ?? [],
      ...(view?.request === undefined ? {} : { request: view.request }),
    };
  }
}

/** False: what it waits for is there already, so it goes on. */
async function letGo(run: RunContext, progress: RunProgress): Promise<boolean> {
  const { journal } = run.around;
  if ('is' in progress) {
    await journal.finish(run.lease, progress);
    return true;
  }
  const cancelled = run.heeds;
  const waits = progress.end === 'waiting' ? progress.waits : [];
  const stopped = run.signal.aborted;
  if ((!stopped || waits.length > 0) && (await journal.park(run.lease, waits, { cancelled })) === 'parked')
    return true;
  if (!stopped) return false;
  // The next worker need not wait until the lease is over.
  const soon: Wait = { path: '', kind: 'timer', until: run.around.now() + handOverMs };
  await journal.park(run.lease, [soon], { cancelled });
  return true;
}
