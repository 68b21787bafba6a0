import { type RunEnd, ticketIn, type Wait } from '../../core/journal.ts';
import { type Json, type JsonObject, textOf } from '../../core/json.ts';
import type { Playbook } from '../../core/playbook.ts';
import { attemptCall } from './attempt-call.ts';
import { failureOf } from './failure-of.ts';
import { goOnWithSteps } from './go-on.ts';
import { undoPath } from './records.ts';
import { milliseconds } from './retry.ts';
import type { RunContext, Undoable } from './run-context.ts';
import type { Scope } from './scope.ts';
import { endGatesOf } from './seats.ts';
import { settleLeft } from './settle-left.ts';
import type { StepEnd, StepFailure } from './step-end.ts';

/** How far a run got: to its end, to a wait, or to where its worker was stopped. */
export type RunProgress =
  | { is: 'ended'; status: RunEnd; output: Json }
  | Extract<StepEnd, { end: 'waiting' }>
  | Extract<StepEnd, { end: 'stopped' }>;

/**
 * Goes through a playbook from its first step. What is recorded is passed over, so the same is reached whoever goes on, and
 * wherever it broke off: steps, then what is done about a failure, then what is done in any case.
 */
export async function runPlaybook(
  run: RunContext,
  { playbook, startedAt, scope }: { playbook: Playbook; startedAt: number; scope: Scope },
): Promise<RunProgress> {
  const verdict = await verdictOfSteps(run, { playbook, startedAt, scope });
  if (verdict.end === 'waiting' || verdict.end === 'stopped') return verdict;
  // What cleans up is gone through to its end.
  run.cleanUp({ cancelled: verdict.end === 'cancelled' });
  const failure = verdict.end === 'failed' ? verdict.failure : undefined;
  const problems: string[] = [];
  if (failure !== undefined) {
    const undone = await undoAll(run, { playbook, problems });
    if (undone !== undefined) return undone;
    const after = await goOnWithSteps(run, { steps: playbook.onFailure.steps, path: '.onFailure/', scope });
    if (after.end === 'waiting' || after.end === 'stopped') return after;
    if (after.end === 'failed') problems.push(`onFailure: ${after.failure.message}`);
  }
  const last = await goOnWithSteps(run, { steps: playbook.finally, path: '.finally/', scope });
  if (last.end === 'waiting' || last.end === 'stopped') return last;
  if (last.end === 'failed') problems.push(`finally: ${last.failure.message}`);
  await endGatesOf(run, path => path.startsWith('.'));
  const report = reportOf(playbook, scope);
  return { is: 'ended', ...endOf({ failure, cancelled: verdict.end === 'cancelled', problems, report }) };
}

/** Of a report people read no more. */
const mostReportBytes = 64 * 1024;

/** What the step `report` sets, for the people who read how the run ended; undefined: there is none, or it was not reached. */
function reportOf({ steps, onFailure, finally: last }: Playbook, scope: Scope): Json | undefined {
  const isOne = [...steps, ...onFailure.steps, ...last].some(
    ({ id, verb }) => id === 'report' && verb === 'set',
  );
  const report = isOne ? scope.outputOf('report') : undefined;
  return report === undefined || Buffer.byteLength(JSON.stringify(report)) <= mostReportBytes
    ? report
    : { tooLarge: true };
}

type Verdict = Exclude<StepEnd, { end: 'done' | 'skipped' }> | { end: 'done' | 'cancelled' };

/** Where it is kept how the steps ended, before anything is done about it. No step's id begins so. */
const verdictPath = '.steps';

/**
 * How the steps end. Once that is recorded nothing more of them begins, whatever came meanwhile; they are gone through for
 * what they left behind.
 */
async function verdictOfSteps(
  run: RunContext,
  { playbook, startedAt, scope }: { playbook: Playbook; startedAt: number; scope: Scope },
): Promise<Verdict> {
  const { timeout, steps } = playbook;
  const known = run.records.last(verdictPath);
  if (known !== undefined) {
    const left = await settleLeft(run);
    if (left !== undefined) return left;
    // No step goes under a gate any more, whatever people agree to from now on.
    await endGatesOf(run, path => !path.startsWith('.'));
    // Slow expressions end the steps, and not what takes them back.
    scope.forgive();
    await run.lookingBack('', () => goOnWithSteps(run, { steps, path: '', scope }));
    if (known.state === 'failed') return { end: 'failed', failure: failureOf(known) };
    return { end: textOf(known.output, 'end') === 'cancelled' ? 'cancelled' : 'done' };
  }
  const until = startedAt + milliseconds(timeout);
  run.bound('', until);
  const reached = await goOnWithSteps(run, { steps, path: '', scope });
  // What waits is not waited for once somebody has ended the run.
  const end: StepEnd = reached.end === 'waiting' && run.asked === 'cancel' ? { end: 'stopped' } : reached;
  if (end.end === 'waiting' && run.around.now() < until)
    return { end: 'waiting', waits: [...end.waits, { path: verdictPath, kind: 'timer', until }] };
  if (end.end === 'failed' || end.end === 'waiting') {
    const late = { code: 'TIMEOUT', message: `The run did not end within ${timeout}.` };
    await run.failed(verdictPath, { failure: end.end === 'failed' ? end.failure : late, whole: '' });
  } else {
    if (end.end === 'stopped' && (run.signal.aborted || run.asked !== 'cancel')) return end;
    await run.done(verdictPath, { output: { end: end.end === 'stopped' ? 'cancelled' : 'done' } });
  }
  return verdictOfSteps(run, { playbook, startedAt, scope });
}

function endOf(how: {
  failure: StepFailure | undefined;
  cancelled: boolean;
  problems: readonly string[];
  report: Json | undefined;
}): { status: RunEnd; output: JsonObject } {
  const problems = {
    ...(how.problems.length === 0 ? {} : { problems: [...how.problems] }),
    ...(how.report === undefined ? {} : { report: how.report }),
  };
  if (how.failure !== undefined)
    return { status: 'failed', output: { failure: { ...how.failure }, ...problems } };
  if (how.cancelled) return { status: 'cancelled', output: problems };
  return { status: how.problems.length === 0 ? 'done' : 'failed', output: problems };
}

/** Takes back what stands, the newest first; undefined: it has been gone through. What cannot be taken back is a problem. */
async function undoAll(
  run: RunContext,
  { playbook, problems }: { playbook: Playbook; problems: string[] },
): Promise<RunProgress | undefined> {
  if (playbook.onFailure.undo === 'none') return undefined;
  for (const path of run.missed())
    problems.push(`undo of ${path}: its step could not be gone through again, so what it did stands`);
  const taken = new Set<string>();
  for (const standing of run.standing()) {
    if (standing.undo === 'none') continue;
    // What the author says takes the step back, whichever attempts at it stand.
    if (standing.undo !== undefined && taken.has(standing.path)) continue;
    taken.add(standing.path);
    const end = await undoOne(run, standing);
    if (end.end === 'waiting' || end.end === 'stopped') return end;
    if (end.end === 'failed') problems.push(leftText(standing, end.failure));
  }
  return undefined;
}

/** First what a person can do: the rest may be cut. */
function leftText({ path, change }: Undoable, { message }: StepFailure): string {
  return `undo of ${path}: what it did stands (vigie undo ${change} takes it back): ${message}`;
}

/** Where somebody ended the run meanwhile, the ticket that would be waited for is closed. */
async function undoOne(run: RunContext, { path, attempt, change, undo, scope }: Undoable): Promise<StepEnd> {
  const call =
    undo === undefined || undo === 'none'
      ? { tool: 'changes_undo', with: { id: change, reason: 'a later step of the playbook failed' } }
      : undo;
  const which = attempt === 1 || undo !== undefined ? '' : `@${attempt}`;
  const at = { path: `${undoPath}${path}${which}`, action: call, scope };
  const end = await attemptCall(run, at);
  if (!run.hurries || end.end !== 'waiting' || !end.waits.some(isForPerson)) return end;
  return (await settleLeft(run, { within: at.path })) ?? attemptCall(run, at);
}

function isForPerson(wait: Wait): boolean {
  return wait.kind === 'message' && ticketIn(wait.key) !== undefined;
}
