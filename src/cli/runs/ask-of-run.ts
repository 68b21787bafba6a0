import type { RunRequest, RunStatus } from '../../core/journal.ts';
import { type CommonOptions, type Session, terminalActor } from '../session.ts';
import { wantsWorker } from './next-of-run.ts';
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
      await terminal.write(`${id}: ${cameOf(what, status)}\n`);
      terminal.note(nextOf(id, { what, status }));
    },
  });
}

function cameOf(what: RunRequest | 'resume', status: RunStatus): string {
  if (what === 'resume') return 'resumed';
  return status === 'paused' ? 'paused' : `asked to ${what}`;
}

function nextOf(id: string, { what, status }: { what: RunRequest | 'resume'; status: RunStatus }): string {
  if (what === 'pause')
    return status === 'paused'
      ? `Let it go on: vigie runs resume ${id}`
      : `It is held before its next step. Let it go on: vigie runs resume ${id}`;
  return what === 'cancel' ? 'vigie worker ends it, where none runs.' : wantsWorker;
}
