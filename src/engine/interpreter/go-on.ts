import { VigieError } from '../../core/errors.ts';
import type { Step } from '../../core/playbook.ts';
import { failureOf } from './failure-of.ts';
import { milliseconds } from './retry.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';
import { settleLeft } from './settle-left.ts';
import type { StepEnd, StepFailure } from './step-end.ts';
import { goOnByVerb } from './steps/index.ts';
import type { StepRunner } from './steps/step-runner.ts';

/** Steps one after another; the first that does not end well is how the list ends. */
export async function goOnWithSteps(
  run: RunContext,
  { steps, path, scope }: { steps: readonly Step[]; path: string; scope: Scope },
): Promise<StepEnd> {
  for (const [index, step] of steps.entries()) {
    const end = await goOnWithStep(run, {
      step,
      path: `${path}${step.id ?? `#${index + 1}`}`,
      scope,
      beside: { steps, path },
    });
    if (end.end === 'done') scope.learn(step.id, { ok: true, output: visible(end.output) });
    else if (end.end === 'skipped') scope.learn(step.id, { ok: false });
    else if (end.end === 'failed') {
      // Also where the list ends here: of a branch, others go on and may ask how it was.
      scope.learn(step.id, { ok: false });
      if (step.continueOnError !== true) return end;
    } else return end;
  }
  return { end: 'done', output: null };
}

/** A step where it stands. */
type Placed = Omit<Parameters<StepRunner<Step>>[1], 'nested'>;

/** A step that failed is over for good, whatever comes later: nothing of it that waited goes on beside later steps. */
async function goOnWithStep(run: RunContext, at: Placed): Promise<StepEnd> {
  const { step, path } = at;
  if (step.if === false || run.gates.reach({ id: step.id, path })?.leavesOut === true)
    return { end: 'skipped' };
  const over = `${path}/over`;
  if (run.records.last(over) === undefined) {
    const end = await attempt(run, at);
    if (end.end !== 'over') return end;
    const { failure } = end;
    if (run.looksBackAt(path)) return { end: 'failed', failure };
    await run.failed(over, { failure, whole: path });
  }
  const left = await settleLeft(run, { within: path });
  if (left !== undefined) return left;
  await run.lookingBack(path, () => byVerb(run, at));
  const known = run.records.last(over);
  return {
    end: 'failed',
    failure: known === undefined ? { code: 'TIMEOUT', message: '' } : failureOf(known),
  };
}

/** `over`: it failed, and that is recorded nowhere yet. */
type Attempted = StepEnd | { end: 'over'; failure: StepFailure };

async function attempt(run: RunContext, at: Placed): Promise<Attempted> {
  const { step, path, scope } = at;
  try {
    if (typeof step.if === 'string' && (await scope.evaluate(step.if)) !== true) return { end: 'skipped' };
  } catch (error) {
    return { end: 'over', failure: failureOfExpression(error) };
  }
  if (step.timeout === undefined) return byVerb(run, at);
  // The step's own time, which counts from when it was first reached.
  const mark = `${path}/begun`;
  if (run.records.last(mark) === undefined) {
    if (run.stopsAt(path)) return { end: 'stopped' };
    await run.done(mark, { output: null });
  }
  const until = (run.records.last(mark)?.at ?? run.around.now()) + milliseconds(step.timeout);
  run.bound(path, until);
  const end = await byVerb(run, at);
  if (end.end !== 'waiting') return end;
  if (run.around.now() < until)
    return { end: 'waiting', waits: [...end.waits, { path: mark, kind: 'timer', until }] };
  return { end: 'over', failure: { code: 'TIMEOUT', message: `It did not end within ${step.timeout}.` } };
}

async function byVerb(run: RunContext, at: Placed): Promise<Attempted> {
  const { step } = at;
  try {
    const end = await goOnByVerb(run, { ...at, nested: goOnWithSteps });
    // Calls keep how they failed under their own path.
    const kept = step.verb === 'tool' || step.verb === 'playbook';
    return end.end === 'failed' && !kept ? { end: 'over', failure: end.failure } : end;
  } catch (error) {
    return { end: 'over', failure: failureOfExpression(error) };
  }
}

/** @throws what was thrown, where it is no fault of an expression */
function failureOfExpression(error: unknown): StepFailure {
  if (error instanceof VigieError && error.code === 'EXPRESSION')
    return { code: error.code, message: error.message };
  throw error;
}

/** What later steps read of a step: the answer of a call, not what is noted about it. */
function visible(output: Extract<StepEnd, { end: 'done' }>['output']): typeof output {
  return output !== null && typeof output === 'object' && !Array.isArray(output) && 'status' in output
    ? (output['data'] ?? null)
    : output;
}
