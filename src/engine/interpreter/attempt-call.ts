import { VigieError } from '../../core/errors.ts';
import { type StepRecord, ticketKey } from '../../core/journal.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import type { PlaybookAction } from '../../core/playbook.ts';
import { type CallOutcome, outcomeOf } from './call-outcome.ts';
import { failureOf } from './failure-of.ts';
import { inputCodes, inputOf, targetsOf } from './input-of.ts';
import { lookFor } from './look-for.ts';
import { resourcesOf } from './records.ts';
import { nextAttemptAt } from './retry.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';
import { isSeat } from './seats.ts';
import type { StepEnd, StepFailure } from './step-end.ts';
import { lookAgainMs, lookAtTicketMs } from './waits.ts';

type Action = Pick<PlaybookAction, 'tool' | 'with' | 'retry'>;

/**
 * Makes one call, again as often as its retry says. What is recorded is not made again; a change of which only the intent is
 * recorded is looked for before anything else.
 */
export async function attemptCall(
  run: RunContext,
  { path, action, scope, from = 1 }: { path: string; action: Action; scope: Scope; from?: number },
): Promise<StepEnd> {
  const newest = run.records.last(path);
  // Those before `from` ended well, and were not good enough.
  const last = newest === undefined || newest.attempt < from ? undefined : newest;
  if (last?.state === 'done') return { end: 'done', output: last.output ?? null };
  let attempt = last?.attempt ?? from;
  if (last?.state === 'failed') {
    const failure = failureOf(last);
    const at = nextAttemptAt(action.retry, { failure, attempt, at: last.at });
    if (at === undefined) return { end: 'failed', failure };
    if (at > run.around.now()) return { end: 'waiting', waits: [{ path, kind: 'timer', until: at }] };
    attempt += 1;
  }
  if (run.stopsAt(path)) return { end: 'stopped' };
  const outcome = await outcomeOfAttempt(run, { path, attempt, action, scope, last });
  if (outcome === 'stopped') return { end: 'stopped' };
  if ('waits' in outcome) return { end: 'waiting', waits: outcome.waits };
  return settle(run, { path, attempt, action, scope, outcome });
}

type Attempt = { path: string; attempt: number; action: Action; scope: Scope };
type Waiting = Extract<StepEnd, { end: 'waiting' }>;

async function outcomeOfAttempt(
  run: RunContext,
  { path, attempt, action, scope, last }: Attempt & { last: StepRecord | undefined },
): Promise<CallOutcome | Omit<Waiting, 'end'> | 'stopped'> {
  if (last?.state === 'intent') {
    const found = await lookFor(run, textOf(last.output, 'change'));
    if (run.signal.aborted) return 'stopped';
    if (found === 'executing')
      return { waits: [{ path, kind: 'timer', until: run.around.now() + lookAgainMs }] };
    if (found !== 'unknown') return found;
  }
  const over = run.overSince(path);
  if (over !== undefined) return { waits: [{ path, kind: 'timer', until: over }] };
  const tool = run.around.tools.get(action.tool);
  if (tool === undefined || tool.kind === 'act')
    return failed({ code: 'UNKNOWN_TOOL', message: `There is no tool ${action.tool} here any more.` });
  let input: JsonObject;
  try {
    input = await inputOf(run, { tool, arguments: action.with, scope });
  } catch (error) {
    if (error instanceof VigieError && inputCodes.has(error.code))
      return failed({ code: error.code, message: error.message });
    throw error;
  }
  if (tool.kind === 'read') return outcomeOf(await run.call({ tool: tool.name, input }));
  const targets = await targetsOf(input);
  const resources =
    targets.length === 0 ? [`step:${run.lease.run}/${path}`] : targets.map(({ object }) => object);
  const full = await run.count({ path, objects: resources });
  if (full !== undefined) {
    const who = full.run === run.lease.run ? 'This run' : `The run ${full.run}, which called this one,`;
    return failed({
      code: 'TOO_MANY_TARGETS',
      message: `${who} may change ${full.most} objects, and has.`,
    });
  }
  const locks = [...new Set(targets.map(({ lock }) => lock))];
  if (locks.length > 0 && !(await run.around.journal.hold(run.lease, locks)))
    return { waits: locks.map(key => ({ path, kind: 'slot', key })) };
  // Drawn again only where nothing of that name was ever recorded: what was sent under it is found by it.
  const changeId = (last?.state === 'intent' && textOf(last.output, 'change')) || run.around.newChangeId();
  await run.record({ path, attempt, state: 'intent', output: { change: changeId, resources } });
  if (run.stopsAt(path)) return 'stopped';
  const gate = run.gates.of(path);
  const outcome = outcomeOf(
    await run.call({ tool: tool.name, input, changeId, ...(gate === undefined ? {} : { gate }) }),
  );
  if (!mayBeSent(outcome, last)) return outcome;
  // It may have been sent all the same: its outcome could not be written down, or a worker that was thought to be gone sent
  // it meanwhile under the same name, and left nothing to do. Only what was never recorded counts as not made.
  const found = await lookFor(run, changeId);
  if (run.signal.aborted) return 'stopped';
  if (found === 'executing')
    return { waits: [{ path, kind: 'timer', until: run.around.now() + lookAgainMs }] };
  return found === 'unknown' || isTheSame(found, outcome) ? outcome : found;
}

/** The answer names no change, and there may be one all the same. */
function mayBeSent(outcome: CallOutcome, last: StepRecord | undefined): boolean {
  if (outcome.is === 'failed') return outcome.change === undefined;
  return outcome.is === 'done' && outcome.kept.change === undefined && last?.state === 'intent';
}

/** The record says of it what the answer did, and the answer says it in full. */
function isTheSame(found: CallOutcome, answer: CallOutcome): boolean {
  if (found.is !== 'failed' || answer.is !== 'failed') return false;
  return found.change === undefined && found.failure.cause === answer.failure.cause;
}

async function settle(
  run: RunContext,
  { path, attempt, action, scope, outcome }: Attempt & { outcome: CallOutcome },
): Promise<StepEnd> {
  if (outcome.is === 'ticket') {
    const { ticket, until } = outcome;
    const last = run.records.last(path);
    // Another step of this run may have had a ticket for the same plan already.
    const output = { change: ticket, ...aboutOf(last) };
    if (textOf(last?.output, 'ticket') !== ticket) {
      await run.record({ path, attempt, state: 'intent', output: { ...output, ticket } });
      run.say({ path, text: `waits for a person: vigie approve ${ticket}` });
    }
    const look = run.around.now() + lookAtTicketMs;
    return {
      end: 'waiting',
      waits: [{ path, kind: 'message', key: ticketKey(ticket), until: Math.min(until ?? look, look) }],
    };
  }
  // Cut off by our own signal, nobody can say how it ended: the next worker looks.
  if (outcome.is === 'failed' && run.signal.aborted) return { end: 'stopped' };
  await keep(run, { path, attempt, outcome });
  const kept = run.records.last(path);
  if (kept?.state === 'done') return { end: 'done', output: kept.output ?? null };
  return attemptCall(run, { path, action, scope, from: attempt });
}

/** Records how an attempt ended. What is too large is left out, and never what was changed. */
export async function keep(
  run: RunContext,
  at: { path: string; attempt: number; outcome: Exclude<CallOutcome, { is: 'ticket' }> },
): Promise<void> {
  const { path, attempt, outcome } = at;
  const about = aboutOf(run.records.last(path));
  if (outcome.is === 'failed') {
    const { failure, change } = outcome;
    // How a gate ended is said at the gate.
    if (!isSeat(path)) run.say({ path, text: `failed: ${failure.message}` });
    const error = { ...failure, ...about, ...(change === undefined ? {} : { change }) };
    return run.record({ path, attempt, state: 'failed', error });
  }
  try {
    await run.done(path, { attempt, output: { ...outcome.kept, ...about } });
  } catch (error) {
    if (!(error instanceof VigieError && error.code === 'TOO_LARGE')) throw error;
    const { change, status } = outcome.kept;
    if (change !== undefined)
      return run.done(path, {
        attempt,
        output: { status, change, data: { id: change, tooLarge: true }, ...about },
      });
    await keep(run, {
      path,
      attempt,
      outcome: { is: 'failed', failure: { code: error.code, message: error.message } },
    });
  }
}

function aboutOf(record: StepRecord | undefined): JsonObject {
  const resources = resourcesOf(record);
  return resources.length === 0 ? {} : { resources };
}

function failed(failure: StepFailure): CallOutcome {
  return { is: 'failed', failure };
}
