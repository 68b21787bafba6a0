import { newId } from '../../core/ids.ts';
import { againBy } from '../../core/journal.ts';
import { retryOf } from '../../engine/kept-of.ts';
import { type CommonOptions, type Session, terminalActor } from '../session.ts';
import { follow } from './follow.ts';
import { runNamed } from './show-run.ts';
import { withRuns } from './with-runs.ts';

/** Starts a run anew by the definition that it had, from a step on, and goes on with it here. */
export async function retryRun(
  session: Session,
  { id, options }: { id: string; options: CommonOptions & { from?: string } },
): Promise<void> {
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      const view = await runNamed(runs, id);
      const { keep } = await retryOf(runs.journal, { run: view, from: options.from });
      const { kind, name, via } = terminalActor();
      const fresh = newId();
      await runs.journal.fork(view.id, { id: fresh, keep, startedBy: againBy(view, { kind, name, via }) });
      await follow(session, { id: fresh, runs });
    },
  });
}
