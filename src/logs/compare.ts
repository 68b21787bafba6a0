import type { Template } from './templates.ts';

/** A template beside itself in the same length of time before. */
export interface Shift {
  template: Template;
  change: 'new' | 'grew' | 'gone' | 'same';
  before: number;
  after: number;
}

// What was seen once or twice before is not gone when it is missing once, nor grown when there are four of it.
const leastGone = 3;
const leastGrown = 5;

/**
 * What the second half of the slots shows against the first, gravest change first. grew: from how many times as often on
 * it counts as grown.
 */
export function compareHalves(templates: readonly Template[], { grew }: { grew: number }): Shift[] {
  return templates
    .map(template => {
      const half = template.slots.length / 2;
      const sum = (slots: readonly number[]) => slots.reduce((total, each) => total + each, 0);
      const before = sum(template.slots.slice(0, half));
      const after = sum(template.slots.slice(half));
      return { template, change: changeOf({ before, after, grew }), before, after };
    })
    .toSorted((left, right) => order.indexOf(left.change) - order.indexOf(right.change));
}

const order = ['new', 'grew', 'gone', 'same'] as const;

function changeOf({ before, after, grew }: { before: number; after: number; grew: number }): Shift['change'] {
  if (before === 0) return 'new';
  if (after === 0) return before >= leastGone ? 'gone' : 'same';
  return after >= leastGrown && after >= before * grew ? 'grew' : 'same';
}
