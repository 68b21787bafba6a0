import type { Step } from '../../../core/playbook.ts';
import { goOnWithApproval } from './approval.ts';
import { goOnWithForeach } from './foreach.ts';
import { goOnWithParallel } from './parallel.ts';
import { goOnWithPlaybook } from './playbook.ts';
import { goOnWithSet } from './set.ts';
import type { StepRunner } from './step-runner.ts';
import { goOnWithTool } from './tool.ts';
import { goOnWithWait } from './wait.ts';

/** Goes on with a step by its verb. */
export const goOnByVerb: StepRunner<Step> = (run, { step, ...at }) => {
  switch (step.verb) {
    case 'tool':
      return goOnWithTool(run, { step, ...at });
    case 'foreach':
      return goOnWithForeach(run, { step, ...at });
    case 'parallel':
      return goOnWithParallel(run, { step, ...at });
    case 'playbook':
      return goOnWithPlaybook(run, { step, ...at });
    case 'wait':
      return goOnWithWait(run, { step, ...at });
    case 'set':
      return goOnWithSet(run, { step, ...at });
    case 'approval':
      return goOnWithApproval(run, { step, ...at });
  }
};
