import type { Rule } from '../rule.ts';
import { docs } from '../sources.ts';

/** Found by audit.ts, where exceptions are read: they concern all other rules. */
export const exceptionRules: readonly Rule[] = [
  {
    id: 'exception-ended',
    title: 'Exception that holds no more',
    severity: 'medium',
    appliesTo: 'all',
    source: docs('Labels, annotations and taints', 'concepts/overview/working-with-objects/annotations/'),
    why: 'What was excused for a time is no longer, or never was: its annotation says no reason, no end or no rule.',
    check: () => [],
  },
];
