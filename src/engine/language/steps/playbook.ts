import type { PlaybookStep } from '../../../core/playbook.ts';
import { args, playbookName, stepFields, strict } from './fields.ts';
import type { Verb } from './kit.ts';

/** Runs another playbook. */
export const playbookVerb: Verb = {
  key: 'playbook',
  schema: () =>
    strict({ ...stepFields, playbook: playbookName, with: args.describe('Its inputs.') }).transform(
      (step): PlaybookStep => ({ verb: 'playbook', ...step }),
    ),
};
