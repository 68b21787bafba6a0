import type { ToolStep } from '../../../core/playbook.ts';
import { goOnWithAction } from './action.ts';
import type { StepRunner } from './step-runner.ts';

export const goOnWithTool: StepRunner<ToolStep> = (run, { step, path, scope }) =>
  goOnWithAction(run, { action: step, path, scope, id: step.id });
