import type { Json } from '../../../core/json.ts';
import type { ForeachStep } from '../../../core/playbook.ts';
import { dataOf } from '../call-outcome.ts';
import type { RunContext } from '../run-context.ts';
import { type StepEnd, waitsOf } from '../step-end.ts';
import { goOnWithAction } from './action.ts';
import type { StepRunner } from './step-runner.ts';

/** More items are no list that a person foresaw. */
const mostItems = 1_000;

/** Each item is known by its place in the list, which is the same whenever the run is gone through again. */
export const goOnWithForeach: StepRunner<ForeachStep> = async (run, { step, path, scope, nested }) => {
  const { foreach } = step;
  const items = typeof foreach.in === 'string' ? await scope.fillAny(foreach.in) : foreach.in;
  if (!Array.isArray(items) || items.length > mostItems) {
    const message = Array.isArray(items)
      ? `The list has ${items.length} items, of at most ${mostItems}.`
      : 'What it goes through is no list.';
    return { end: 'failed', failure: { code: 'INVALID_INPUT', message } };
  }
  const ends = new Map<number, StepEnd>();
  const failed = (): number => [...ends.values()].filter(({ end }) => end === 'failed').length;
  const outputs: Json[] = items.map(() => null);
  let next = 0;
  const looksBack = (): boolean => run.looksBackAt(path);
  // Those that wait keep their place: the next begins when one has ended.
  const worker = async (): Promise<void> => {
    while (next < items.length && (looksBack() || (failed() <= foreach.maxFailures && !stopped(ends)))) {
      const index = next;
      next += 1;
      const inner = scope.within({ [foreach.as]: items[index] ?? null });
      const end = await goOnWithItem(run, { step, path: `${path}[${index}]`, scope: inner, nested });
      ends.set(index, end);
      outputs[index] = 'steps' in step.each ? inner.outputsSince(scope) : dataOf(end);
      if (end.end === 'waiting' && !looksBack()) return;
    }
  };
  await Promise.all(Array.from({ length: foreach.parallel }, worker));
  if (stopped(ends)) return { end: 'stopped' };
  const failures = [...ends.values()].flatMap(end => (end.end === 'failed' ? [end.failure] : []));
  const [first] = failures;
  if (first !== undefined && failures.length > foreach.maxFailures) return { end: 'failed', failure: first };
  const waits = waitsOf([...ends.values()]);
  if (waits.length > 0) return { end: 'waiting', waits };
  return { end: 'done', output: { items: outputs, failed: failures.length } };
};

function stopped(ends: ReadonlyMap<number, StepEnd>): boolean {
  return [...ends.values()].some(({ end }) => end === 'stopped');
}

async function goOnWithItem(
  run: RunContext,
  { step, path, scope, nested }: Omit<Parameters<StepRunner<ForeachStep>>[1], 'beside'>,
): Promise<StepEnd> {
  const { each } = step;
  if ('steps' in each) return nested(run, { steps: each.steps, path: `${path}/`, scope });
  return goOnWithAction(run, { action: each.action, path, scope, id: step.id });
}
