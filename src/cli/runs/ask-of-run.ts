import type { RunRequest } from '../../core/journal.ts';
import { type CommonOptions, type Session, terminalActor } from '../session.ts';
import { runNamed } from './show-run.ts';
import { withRuns } from './with-runs.ts';

/** Asks a run to end, to hold or to go on. Whoever works on it heeds that before the next step. */
export async function askOfRun(
  session: Session,
  { id, what, options }: { id: string; what: RunRequest | 'resume'; options: CommonOptions },
): Promise<void> {
  const { terminal } = session;
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      const { kind, name, via, onBehalfOf } = terminalActor();
      await runs.journal.request(id, what, { by: { kind, name, via, onBehalfOf } });
      const { status } = await runNamed(runs, id);
      await terminal.write(`${id}: ${status === 'paused' ? 'paused' : `asked to ${what}`}\n`);
      if (status === 'ready') terminal.note('Where no worker runs, this one goes on with it: vigie worker');
    },
  });
}
