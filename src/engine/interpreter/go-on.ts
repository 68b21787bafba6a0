import { VigieError } from '../../core/errors.ts';
import type { Step } from '../../core/playbook.ts';
import { failureOf } from './failure-of.ts';
import { milliseconds } from './retry.ts';
import type { RunContext } from './run-context.ts';
import type { Scope } from './scope.ts';
import { settleLeft } from './settle-left.ts';
import type { StepEnd } from './step-end.ts';
import { goOnByVerb } from './steps/index.ts';

/** Steps one after another; the first that does not end well is how the list ends. */
export async function goOnWithSteps(
  run: RunContext,
  { steps, path, scope }: { steps: readonly Step[]; path: string; scope: Scope },
): Promise<StepEnd> {
  for (const [index, step] of steps.entries()) {
    const end = await goOnWithStep(run, { step, path: `${path}${step.id ?? `#${index + 1}`}`, scope });
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

async function goOnWithStep(
  run: RunContext,
  { step, path, scope }: { step: Step; path: string; scope: Scope },
): Promise<StepEnd> {
  if (step.if === false) return { end: 'skipped' };
  try {
    if (typeof step.if === 'string' && (await scope.evaluate(step.if)) !== true) return { end: 'skipped' };
    if (step.timeout === undefined)
      return await goOnByVerb(run, { step, path, scope, nested: goOnWithSteps });
    return await within(run, { step, path, scope, timeout: step.timeout });
  } catch (error) {
    if (error instanceof VigieError && error.code === 'EXPRESSION')
      return { end: 'failed', failure: { code: error.code, message: error.message } };
    throw error;
  }
}

/** The step's own time, which counts from when it was first reached. That it is over is for good, whatever comes later. */
async function within(
  run: RunContext,
  { step, path, scope, timeout }: { step: Step; path: string; scope: Scope; timeout: string },
): Promise<StepEnd> {
  const [mark, over] = [`${path}/begun`, `${path}/timeout`];
  const through = (): Promise<StepEnd> => goOnByVerb(run, { step, path, scope, nested: goOnWithSteps });
  if (run.records.last(over) === undefined) {
    if (run.records.last(mark) === undefined) {
      if (run.stops) return { end: 'stopped' };
      await run.done(mark, { output: null });
    }
    const until = (run.records.last(mark)?.at ?? run.around.now()) + milliseconds(timeout);
    const end = await through();
    if (end.end !== 'waiting') return end;
    if (run.around.now() < until)
      return { end: 'waiting', waits: [...end.waits, { path: mark, kind: 'timer', until }] };
    const failure = { code: 'TIMEOUT', message: `It did not end within ${timeout}.` };
    await run.failed(over, { failure });
  }
  const left = await settleLeft(run, { within: path });
  if (left !== undefined) return left;
  await run.lookingBack(through);
  const known = run.records.last(over);
  return {
    end: 'failed',
    failure: known === undefined ? { code: 'TIMEOUT', message: '' } : failureOf(known),
  };
}

/** What later steps read of a step: the answer of a call, not what is noted about it. */
function visible(output: Extract<StepEnd, { end: 'done' }>['output']): typeof output {
  return output !== null && typeof output === 'object' && !Array.isArray(output) && 'status' in output
    ? (output['data'] ?? null)
    : output;
}
