import { textOf } from '../../core/json.ts';
import { endOfTicket } from './call-outcome.ts';
import type { RunContext } from './run-context.ts';

/** One of the people whom an approval step asks: how their ticket stands. */
export interface Seat {
  /** As the store says it; unknown: it was never made; unsure: nobody can say just now. */
  state: string;
  ticket: string;
  /** Who decided; empty: nobody. */
  by: string;
  summary: string;
  /** How it was decided, in words. */
  ended: string;
  /** Until when it can be decided. */
  until?: number;
}

/** Where it is kept whom an approval step asked. */
export function seatPaths(path: string, people: number): string[] {
  return Array.from({ length: people }, (_, index) => `${path}/seat${index + 1}`);
}

/** Whether a run has asked anybody at a gate. */
export function isSeat(path: string): boolean {
  return /\/seat\d+$/.test(path);
}

/** The approval step that a seat belongs to; any other path as it is. */
export function gateOf(path: string): string {
  return path.replace(/\/seat\d+$/, '');
}

/** Ends the gates at which a run asked: nothing goes under them from now on. */
export async function endGatesOf(run: RunContext, which: (path: string) => boolean): Promise<void> {
  const asked = new Set(run.records.paths().filter(isSeat).map(gateOf).filter(which));
  for (const path of asked) await run.around.gates.end({ run: run.lease.run, path });
}

/** The ticket of a seat; empty: none is known. */
export function ticketAt(run: RunContext, path: string): string {
  return textOf(run.records.last(path)?.output, 'ticket');
}

/** How the ticket of a seat stands, asked of the store. */
export async function lookAtSeat(
  run: RunContext,
  { path, attempt }: { path: string; attempt: number },
): Promise<Seat> {
  const record = run.records.last(path);
  const ticket = textOf(record?.output, 'ticket');
  const seat = { ticket, by: textOf(record?.output, 'by'), summary: '', ended: '' };
  // Of one asked in an earlier round the process died before it was asked again.
  if (record?.attempt !== attempt || ticket === '') return { ...seat, state: 'unknown' };
  if (record.state === 'done') return { ...seat, state: 'approved' };
  const { status, data } = await run.call({ tool: 'changes_get', input: { id: ticket } });
  if (status === 'failed')
    return { ...seat, state: textOf(data, 'code') === 'UNKNOWN_CHANGE' ? 'unknown' : 'unsure' };
  // A name that another has means nothing here.
  if ((await run.around.runBehind(ticket)) !== run.lease.run) return { ...seat, state: 'unknown' };
  const until = Date.parse(textOf(data, 'expiresAt'));
  return {
    ...seat,
    state: textOf(data, 'state'),
    by: textOf(data, 'decidedBy'),
    summary: textOf(data, 'summary'),
    ended: endOfTicket(data),
    ...(Number.isNaN(until) ? {} : { until }),
  };
}
