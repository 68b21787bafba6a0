import { type RunSummary, ticketIn } from '../../core/journal.ts';

/** Whether a worker runs, here or on another machine, nobody can tell. */
export const wantsWorker = 'vigie worker goes on with it, where none runs.';

/** What a person does next about a run; undefined: nothing. `decided`: no ticket of those that it waits for is open. */
export function nextOfRun(run: RunSummary, { decided }: { decided: boolean }): string | undefined {
  const { id, status, waits } = run;
  switch (status) {
    case 'done':
    case 'cancelled':
    case 'running':
      return undefined;
    case 'failed':
      return `See what each step answered: vigie runs logs ${id}`;
    case 'paused':
      return `Let it go on: vigie runs resume ${id}`;
    case 'ready':
      return wantsWorker;
    case 'waiting': {
      const asks = waits.some(wait => wait.kind === 'message' && ticketIn(wait.key) !== undefined);
      return asks && !decided ? `Decide it: vigie runs approve ${id}` : wantsWorker;
    }
  }
}
