import { VigieError } from '../../core/errors.ts';
import { type RunView, ticketIn } from '../../core/journal.ts';
import { textOf } from '../../core/json.ts';
import { caps } from '../../engine/language/caps.ts';
import { approveTicket } from '../approve-ticket.ts';
import type { RunsDoor } from '../program.ts';
import type { CommonOptions, Session } from '../session.ts';
import { wantsWorker } from './next-of-run.ts';
import { runNamed } from './show-run.ts';
import { withRuns } from './with-runs.ts';

/** Decides the tickets that a run, or one that it called, waits for: one after another, each as `vigie approve` does. */
export async function approveRun(
  session: Session,
  { id, options }: { id: string; options: CommonOptions & { as?: string } },
): Promise<void> {
  let tickets: string[] = [];
  let status = '';
  await withRuns(session, {
    options,
    use: async ({ runs }) => {
      const view = await runNamed(runs, id);
      ({ status } = view);
      tickets = await ticketsOf(runs, { view, deep: caps.calls });
    },
  });
  if (tickets.length === 0)
    throw new VigieError('NOT_FOUND', `The run ${id} waits for no person: it is ${status}.`, {
      hint: 'vigie runs show RUN says what it waits for.',
    });
  session.status = await session.withApproverDesk(options, async desk => {
    for (const [index, ticket] of tickets.entries()) {
      try {
        const ended = await approveTicket(session, desk, {
          id: ticket,
          ...(options.as === undefined ? {} : { as: options.as }),
        });
        if (ended !== 0) return ended;
      } catch (error) {
        // Where several must agree, each has one of its tickets.
        if (!(index > 0 && error instanceof VigieError && error.code === 'NOT_AN_APPROVER')) throw error;
        session.terminal.note(`${ticket}: ${error.message}`);
      }
    }
    session.terminal.note(wantsWorker);
    return 0;
  });
}

async function ticketsOf(runs: RunsDoor, { view, deep }: { view: RunView; deep: number }): Promise<string[]> {
  const found = view.waits.flatMap(wait => (wait.kind === 'message' ? (ticketIn(wait.key) ?? []) : []));
  if (deep === 0) return found;
  for (const { state, output } of view.steps) {
    const child = state === 'intent' ? textOf(output, 'child') : '';
    const called = child === '' ? undefined : await runs.journal.get(child);
    if (called !== undefined) found.push(...(await ticketsOf(runs, { view: called, deep: deep - 1 })));
  }
  return [...new Set(found)];
}
