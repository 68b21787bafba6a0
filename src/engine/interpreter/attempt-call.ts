import { VigieError } from '../../core/errors.ts';
import type { StepRecord } from '../../core/journal.ts';
import { type JsonObject, textOf } from '../../core/json.ts';
import type { PlaybookAction } from '../../core/playbook.ts';
import type { Tool } from '../../toolkit/tool.ts';
import { type CallOutcome, outcomeOf, outcomeOfRecord } from './call-outcome.ts';
import { resourceOf } from './records.ts';
import { nextAttemptAt } from './retry.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';
import type { StepEnd, StepFailure } from './step-end.ts';

/** A change on its way in another process is looked at again after that long. */
const lookAgainMs = 2_000;

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
  if (run.stops) return { end: 'stopped' };
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
  const tool = run.around.tools.get(action.tool);
  if (tool === undefined)
    return failed({ code: 'UNKNOWN_TOOL', message: `There is no tool ${action.tool} here any more.` });
  if (last?.state === 'intent') {
    const found = await lookFor(run, textOf(last.output, 'change'));
    if (found === 'executing')
      return { waits: [{ path, kind: 'timer', until: run.around.now() + lookAgainMs }] };
    if (found !== undefined) return found;
  }
  let input: JsonObject;
  try {
    input = await inputOf(run, { tool, action, scope });
  } catch (error) {
    if (error instanceof VigieError && error.code === 'EXPRESSION')
      return failed({ code: error.code, message: error.message });
    throw error;
  }
  const { signal } = run;
  if (tool.kind === 'read') return outcomeOf(await run.around.call({ tool: tool.name, input, signal }));
  const target = targetOf(input);
  const resource = target ?? `step:${path}`;
  if (!run.mayChange(resource))
    return failed({
      code: 'TOO_MANY_TARGETS',
      message: `This run may change ${run.maxTargets} objects, and has.`,
    });
  if (target !== undefined && !(await run.around.journal.hold(run.lease, [target])))
    return { waits: [{ path, kind: 'slot', key: target }] };
  // Drawn again only where nothing of that name was ever recorded: what was sent under it is found by it.
  const changeId = (last?.state === 'intent' && textOf(last.output, 'change')) || run.around.newChangeId();
  await run.record({ path, attempt, state: 'intent', output: { change: changeId, resource } });
  if (run.stops) return 'stopped';
  return outcomeOf(await run.around.call({ tool: tool.name, input, changeId, signal }));
}

async function settle(
  run: RunContext,
  { path, attempt, action, scope, outcome }: Attempt & { outcome: CallOutcome },
): Promise<StepEnd> {
  const resource = resourceOf(run.records.last(path));
  const about = resource === '' ? {} : { resource };
  switch (outcome.is) {
    case 'done': {
      const output = { ...outcome.kept, ...about };
      await run.done(path, { attempt, output });
      return { end: 'done', output };
    }
    case 'ticket': {
      const { ticket, until } = outcome;
      // The same plan of somebody else may have had a ticket already.
      await run.record({ path, attempt, state: 'intent', output: { change: ticket, ...about } });
      run.around.said?.({ path, text: `waits for a person: vigie approve ${ticket}` });
      const wait = { path, kind: 'message' as const, key: ticketKey(ticket) };
      return { end: 'waiting', waits: [{ ...wait, ...(until === undefined ? {} : { until }) }] };
    }
    case 'failed': {
      // Cut off by our own signal, nobody can say how it ended: the next worker looks.
      if (run.signal.aborted) return { end: 'stopped' };
      const { failure, change } = outcome;
      run.around.said?.({ path, text: `failed: ${failure.message}` });
      await run.record({
        path,
        attempt,
        state: 'failed',
        error: { ...failure, ...about, ...(change === undefined ? {} : { change }) },
      });
      return attemptCall(run, { path, action, scope, from: attempt });
    }
  }
}

/** Under which key a run is told that a ticket was decided. */
export function ticketKey(ticket: string): string {
  return `ticket:${ticket}`;
}

/** How a change that was on its way ended; undefined: nothing of that name was ever recorded, so nothing was sent. */
async function lookFor(run: RunContext, id: string): Promise<CallOutcome | 'executing' | undefined> {
  const { signal } = run;
  const answer = await run.around.call({ tool: 'changes_get', input: { id }, signal });
  if (answer.status !== 'failed') return outcomeOfRecord(answer.data) ?? 'executing';
  if (textOf(answer.data, 'code') === 'UNKNOWN_CHANGE') return undefined;
  return outcomeOf(answer);
}

/** In the run's own environment, where the step names none. */
async function inputOf(
  run: RunContext,
  { tool, action, scope }: { tool: Tool; action: Action; scope: Scope },
): Promise<JsonObject> {
  const filled = await scope.fill(action.with);
  return tool.environmental ? { environment: run.environment, ...filled } : filled;
}

/** Two runs never change one object at once: what stands for it, where a call names one. */
function targetOf(input: JsonObject): string | undefined {
  const { target } = input;
  const [kind, name, namespace] = [
    textOf(target, 'kind'),
    textOf(target, 'name'),
    textOf(target, 'namespace'),
  ];
  if (kind === '' || name === '') return undefined;
  return `target:${textOf(input, 'environment')}/${kind.toLowerCase()}/${namespace}/${name}`;
}

export function failureOf({ error }: StepRecord): StepFailure {
  const cause = textOf(error, 'cause');
  return {
    code: textOf(error, 'code'),
    message: textOf(error, 'message'),
    ...(isCause(cause) ? { cause } : {}),
  };
}

function isCause(text: string): text is NonNullable<StepFailure['cause']> {
  return ['transient', 'failed', 'unverified', 'plan_changed'].includes(text);
}

function failed(failure: StepFailure): CallOutcome {
  return { is: 'failed', failure };
}
