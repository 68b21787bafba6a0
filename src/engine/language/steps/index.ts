import { approvalVerb } from './approval.ts';
import { foreachVerb } from './foreach.ts';
import type { Verb } from './kit.ts';
import { parallelVerb } from './parallel.ts';
import { playbookVerb } from './playbook.ts';
import { setVerb } from './set.ts';
import { toolVerb } from './tool.ts';
import { waitVerb } from './wait.ts';

/** What a step can do. foreach comes before tool, which may stand beside it. */
export const verbs: readonly Verb[] = [
  foreachVerb,
  toolVerb,
  approvalVerb,
  parallelVerb,
  playbookVerb,
  waitVerb,
  setVerb,
];
