import { VigieError } from '../../../core/errors.ts';
import type { ToolContext } from '../../../toolkit/tool.ts';
import { inTools } from '../in-tools.ts';
import type { StatusAnswer } from './answer.ts';
import { listRuns } from './list-runs.ts';
import { showRun } from './show-run.ts';
import { showStep } from './show-step.ts';
import { waitForRun } from './wait-for-run.ts';

interface Input {
  run?: string | undefined;
  waitSeconds: number;
  step?: string | undefined;
}

export async function read(input: Input, context: ToolContext): Promise<StatusAnswer> {
  return inTools(() => answer(input, context));
}

async function answer({ run, waitSeconds, step }: Input, context: ToolContext): Promise<StatusAnswer> {
  if (run === undefined) {
    if (step !== undefined || waitSeconds > 0)
      throw new VigieError('INVALID_INPUT', 'step and waitSeconds need the run that they are of.', {
        hint: 'playbooks_status without any argument lists the newest runs',
      });
    return listRuns(context);
  }
  const seen = await waitForRun({ run, waitMs: waitSeconds * 1_000 }, context);
  return step === undefined ? showRun(seen, context) : showStep(seen.view, { step, context });
}
