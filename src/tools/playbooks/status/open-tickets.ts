import { VigieError } from '../../../core/errors.ts';
import type { RunView, Wait } from '../../../core/journal.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';

/** A change of a run that a person has to decide. */
export interface OpenTicket {
  path: string;
  ticket: string;
  summary: string;
  risk: string;
  expiresAt: string | undefined;
}

/** A loop that asks about each of a thousand objects is read in a terminal. */
const mostAsked = 20;

/** Of what a run waits for, what is open: a ticket that was approved is carried out before its run is told. */
export async function openTicketsOf(
  { waits, status }: Pick<RunView, 'waits' | 'status'>,
  { changes }: ToolContext,
): Promise<OpenTicket[]> {
  if (status !== 'waiting' && status !== 'paused') return [];
  const open: OpenTicket[] = [];
  for (const wait of waits) {
    const ticket = ticketOf(wait);
    if (ticket === undefined || open.length === mostAsked) continue;
    const record = await changes.get(ticket).catch(unknown);
    if (record?.state !== 'waiting') continue;
    const { summary, risk, expiresAt } = record;
    open.push({ path: wait.path, ticket, summary, risk, expiresAt });
  }
  return open;
}

/** The ticket that a wait is for; undefined: it is for something else. */
export function ticketOf(wait: Wait): string | undefined {
  return wait.kind === 'message' && wait.key.startsWith('ticket:')
    ? wait.key.slice('ticket:'.length)
    : undefined;
}

/** The store may have been moved aside: then nobody can decide it, and the run says so by itself. */
function unknown(error: unknown): undefined {
  if (!(error instanceof VigieError && error.code === 'UNKNOWN_CHANGE')) throw error;
}
