import { type ErrorCode, VigieError } from '../../../core/errors.ts';
import { ticketKey, type Wait } from '../../../core/journal.ts';
import { isObject, type Json, type JsonObject, textOf, textsIn } from '../../../core/json.ts';
import type { ApprovalStep } from '../../../core/playbook.ts';
import { outcomeOf } from '../call-outcome.ts';
import { coveredCalls } from '../covered-calls.ts';
import { failureOf } from '../failure-of.ts';
import { milliseconds } from '../retry.ts';
import type { RunContext } from '../run-context.ts';
import { lookAtSeat, type Seat, seatPaths, ticketAt } from '../seats.ts';
import type { StepEnd, StepFailure } from '../step-end.ts';
import { lookAgainMs, lookAtTicketMs } from '../waits.ts';
import type { StepRunner } from './step-runner.ts';

// People are asked before the run comes to what they are asked about: a ticket for each who must agree, all of one plan,
// which sends nothing. The names of the tickets are recorded before they are made, as those of changes are. What people
// agreed to is kept by the store and proven by the pipeline at each step; of all this the run only keeps names.

/** What moves again and again while people look is not settled by asking once more. */
const mostAttempts = 5;

/** What is wrong with what the steps would be called with: the step failed, and not Vigie. */
const stepCodes: ReadonlySet<ErrorCode> = new Set(['INVALID_INPUT', 'OUT_OF_BOUNDS']);

type At = Parameters<StepRunner<ApprovalStep>>[1];

export const goOnWithApproval: StepRunner<ApprovalStep> = async (run, at) => {
  const { step, path } = at;
  const last = run.records.last(path);
  if (last?.state === 'done') return passed(run, { at, output: last.output });
  // Of one that failed its steps are left out, should the run go on all the same.
  pass(run, { at, tickets: [], leavesOut: true });
  if (last?.state === 'failed') return { end: 'failed', failure: failureOf(last) };
  if (run.stopsAt(path)) return { end: 'stopped' };
  const seats = seatPaths(path, step.approval.min);
  const attempt = Math.max(0, ...seats.map(seat => run.records.last(seat)?.attempt ?? 0));
  if (attempt === 0) return askPeople(run, { at, attempt: 1 });
  const looks: Seat[] = [];
  for (const seat of seats) looks.push(await lookAtSeat(run, { path: seat, attempt }));
  if (run.signal.aborted) return { end: 'stopped' };
  return settle(run, { at, attempt, looks });
};

async function settle(
  run: RunContext,
  { at, attempt, looks }: { at: At; attempt: number; looks: readonly Seat[] },
): Promise<StepEnd> {
  const { step, path } = at;
  const { approval } = step;
  const states = new Set(looks.map(({ state }) => state));
  const bad = looks.find(({ state }) => !known.has(state));
  if (bad !== undefined)
    return fail(run, {
      path,
      failure: {
        code: bad.state.toUpperCase(),
        message: `${approval.for.join(', ')}: ${bad.summary}: ${bad.ended}`,
      },
    });
  if (states.has('expired')) {
    if (approval.onTimeout === 'skip') return conclude(run, { at, attempt, decision: 'skipped', by: [] });
    const message = `Not all who must agree to ${approval.for.join(', ')} did so within ${approval.expires}.`;
    return fail(run, { path, failure: { code: 'EXPIRED', message } });
  }
  // What they would do has moved while people looked, or not all tickets came to be.
  if (states.has('plan_changed') || states.has('unknown')) {
    if (attempt >= mostAttempts)
      return fail(run, {
        path,
        failure: {
          code: 'PLAN_CHANGED',
          message: `What ${approval.for.join(', ')} would do has changed each of ${mostAttempts} times that it was asked about.`,
          cause: 'plan_changed',
        },
      });
    return askPeople(run, { at, attempt: attempt + 1 });
  }
  if (states.size === 1 && states.has('approved'))
    return conclude(run, { at, attempt, decision: 'approved', by: looks.map(({ by }) => by) });
  const now = run.around.now();
  const waits = looks.flatMap((seat): Wait[] => {
    if (seat.state === 'unsure') return [{ path, kind: 'timer', until: now + lookAgainMs }];
    if (seat.state !== 'waiting') return [];
    const look = now + lookAtTicketMs;
    const until = Math.min(seat.until ?? look, look);
    return [{ path, kind: 'message', key: ticketKey(seat.ticket), until }];
  });
  return { end: 'waiting', waits };
}

/** States of tickets after which it goes on, or waits. */
const known: ReadonlySet<string> = new Set([
  'approved',
  'waiting',
  'expired',
  'plan_changed',
  'unknown',
  'unsure',
]);

/** Asks all of them, with tickets whose names are recorded first. */
async function askPeople(run: RunContext, { at, attempt }: { at: At; attempt: number }): Promise<StepEnd> {
  const { step, path, scope, beside } = at;
  const { approval } = step;
  const over = run.overSince(path);
  if (over !== undefined) return { end: 'waiting', waits: [{ path, kind: 'timer', until: over }] };
  let calls: { path: string; tool: string; input: JsonObject }[];
  try {
    calls = await coveredCalls(run, { ...beside, scope, ids: approval.for });
  } catch (error) {
    if (!(error instanceof VigieError && stepCodes.has(error.code))) throw error;
    return fail(run, { path, failure: { code: error.code, message: error.message } });
  }
  // Those of an attempt before: what some agreed to is no longer what is asked.
  await run.around.gates.end({ run: run.lease.run, path });
  if (calls.length === 0) return conclude(run, { at, attempt, decision: 'nothing', by: [] });
  const seats = seatPaths(path, approval.min);
  const ids: string[] = [];
  for (const seat of seats) {
    const id = run.around.newChangeId();
    ids.push(id);
    await run.record({ path: seat, attempt, state: 'intent', output: { change: id, ticket: id } });
  }
  if (run.stopsAt(path)) return { end: 'stopped' };
  const answers = await run.ask({
    ids,
    path,
    calls,
    from: approval.from,
    expiresSeconds: milliseconds(approval.expires) / 1000,
  });
  if (run.signal.aborted) return { end: 'stopped' };
  const outcomes = answers.map(outcomeOf);
  const refused = outcomes.find(({ is }) => is !== 'ticket');
  if (refused?.is === 'done') return conclude(run, { at, attempt, decision: 'nothing', by: [] });
  if (refused?.is === 'failed') return fail(run, { path, failure: refused.failure });
  for (const id of ids) run.say({ path, text: `waits for a person: vigie approve ${id}` });
  const looks = outcomes.map(
    (outcome, nth): Seat => ({
      state: 'waiting',
      ticket: ids[nth] ?? '',
      by: '',
      summary: '',
      ended: '',
      ...(outcome.is === 'ticket' && outcome.until !== undefined ? { until: outcome.until } : {}),
    }),
  );
  return settle(run, { at, attempt, looks });
}

/** Ends well. The tickets are settled first, so that nothing of them is looked for once the step is over. */
async function conclude(
  run: RunContext,
  end: { at: At; attempt: number; decision: 'approved' | 'skipped' | 'nothing'; by: readonly string[] },
): Promise<StepEnd> {
  const { at, attempt, decision, by } = end;
  const { path, step } = at;
  const approved = decision === 'approved';
  if (!approved) await run.around.gates.end({ run: run.lease.run, path });
  for (const [nth, seat] of seatPaths(path, step.approval.min).entries()) {
    const record = run.records.last(seat);
    if (record?.state !== 'intent') continue;
    const ticket = textOf(record.output, 'ticket');
    await run.done(seat, { attempt, output: approved ? { ticket, by: by[nth] ?? '' } : {} });
  }
  const output = { decision, by: [...by] };
  await run.done(path, { output });
  return passed(run, { at, output });
}

/** What some agreed to already counts no more. Their open tickets are closed by whoever goes on with the run. */
async function fail(
  run: RunContext,
  { path, failure }: { path: string; failure: StepFailure },
): Promise<StepEnd> {
  await run.around.gates.end({ run: run.lease.run, path });
  return { end: 'failed', failure };
}

function passed(run: RunContext, { at, output }: { at: At; output: Json | undefined }): StepEnd {
  const { path, step } = at;
  const decision = textOf(output, 'decision');
  const tickets =
    decision === 'approved' ? seatPaths(path, step.approval.min).map(seat => ticketAt(run, seat)) : [];
  pass(run, { at, tickets, leavesOut: decision === 'skipped' });
  return { end: 'done', output: { decision, by: isObject(output) ? textsIn(output['by']) : [] } };
}

/** What is not asked about at the gate is no part of it: a ticket of its own, or policy, decides. */
function pass(
  run: RunContext,
  { at, tickets, leavesOut }: { at: At; tickets: readonly string[]; leavesOut: boolean },
): void {
  const { step, beside } = at;
  const { for: ids, from, min } = step.approval;
  run.gates.pass({
    list: beside.path,
    ids,
    tickets: tickets.filter(ticket => ticket !== ''),
    from,
    seats: min,
    leavesOut,
  });
}
