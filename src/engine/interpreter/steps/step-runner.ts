import type { Step } from '../../../core/playbook.ts';
import type { RunContext } from '../run-context.ts';
import type { Scope } from '../scope.ts';
import type { StepEnd } from '../step-end.ts';

/** Goes on with a list of steps within a step. */
type Nested = (
  run: RunContext,
  at: { steps: readonly Step[]; path: string; scope: Scope },
) => Promise<StepEnd>;

/** Goes on with one step as far as that goes now. What was recorded under its path is not done again. */
export type StepRunner<Kind extends Step> = (
  run: RunContext,
  at: {
    step: Kind;
    path: string;
    scope: Scope;
    nested: Nested;
    /** The list that it stands in, and how the paths of that begin. */
    beside: { steps: readonly Step[]; path: string };
  },
) => Promise<StepEnd>;
