import type { ParallelStep } from '../../../core/playbook.ts';
import { waitsOf } from '../step-end.ts';
import type { StepRunner } from './step-runner.ts';

/** Branches side by side. Where one has failed in mode `all`, the others begin nothing more when the run is gone through again. */
export const goOnWithParallel: StepRunner<ParallelStep> = async (run, { step, path, scope, nested }) => {
  const { branches, mode } = step.parallel;
  const inners = branches.map(() => scope.within());
  const ends = await Promise.all(
    branches.map(({ id, steps }, index) =>
      nested(run, { steps, path: `${path}/${id}/`, scope: inners[index] ?? scope.within() }),
    ),
  );
  // What a branch did not reach is not well either, and may be asked for.
  for (const { steps } of branches) for (const { id } of steps) scope.learn(id, { ok: false });
  for (const inner of inners) scope.learnFrom(inner);
  const failures = ends.flatMap(end => (end.end === 'failed' ? [end.failure] : []));
  const [first] = failures;
  if (mode === 'all' && first !== undefined) return { end: 'failed', failure: first };
  if (ends.some(({ end }) => end === 'stopped')) return { end: 'stopped' };
  const waits = waitsOf(ends);
  if (waits.length > 0) return { end: 'waiting', waits };
  return { end: 'done', output: { failed: failures.length } };
};
