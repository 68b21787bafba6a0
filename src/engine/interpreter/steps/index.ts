import type { Step } from '../../../core/playbook.ts';
import { goOnWithForeach } from './foreach.ts';
import { goOnWithParallel } from './parallel.ts';
import { goOnWithPlaybook } from './playbook.ts';
import { goOnWithSet } from './set.ts';
import type { StepRunner } from './step-runner.ts';
import { goOnWithTool } from './tool.ts';
import { goOnWithWait } from './wait.ts';

/** Goes on with a step by its verb. */
export const goOnByVerb: StepRunner<Step> = (run, { step, path, scope, nested }) => {
  switch (step.verb) {
    case 'tool':
      return goOnWithTool(run, { step, path, scope, nested });
    case 'foreach':
      return goOnWithForeach(run, { step, path, scope, nested });
    case 'parallel':
      return goOnWithParallel(run, { step, path, scope, nested });
    case 'playbook':
      return goOnWithPlaybook(run, { step, path, scope, nested });
    case 'wait':
      return goOnWithWait(run, { step, path, scope, nested });
    case 'set':
      return goOnWithSet(run, { step, path, scope, nested });
    case 'approval':
      // No run of a playbook that has one is started (start-run.ts).
      throw new Error(`${path} is an approval, and no run has one`);
  }
};
