import type { SetStep } from '../../../core/playbook.ts';
import type { StepRunner } from './step-runner.ts';

/** Nothing is recorded: the same values come out whenever the run is gone through again. */
export const goOnWithSet: StepRunner<SetStep> = async (_run, { step, scope }) => ({
  end: 'done',
  output: await scope.fill(step.set),
});
