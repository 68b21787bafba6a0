import { expect, test } from 'vitest';
import type { Step } from '../../src/core/playbook.ts';
import { definitionOf } from './play-cases.ts';

// One playbook that the others call would show people less (docs/decisions/playbooks.md): what stays is that they are one text.

const alike = [
  'broken-service',
  'crash-loop',
  'dns',
  'image-pull',
  'pending-pods',
  'restarts',
  'stuck-rollout',
];
/** What each looks for, and what of it may be mended. */
const own = ['named', 'found', 'sorted'];

test('playbooks that mend findings differ in nothing but in what they look for', async () => {
  const texts = await Promise.all(
    alike.map(async name => {
      const { playbook } = await definitionOf(`heal-${name}`);
      const { policy, timeout, onFailure, finally: last } = playbook;
      const steps = playbook.steps.filter(({ id = '' }: Step) => !own.includes(id));
      return { policy, timeout, onFailure, last, steps };
    }),
  );
  const [first, ...others] = texts;
  expect(first?.steps.map(({ id }) => id)).toEqual(['look', 'mend', 'again', 'gone', 'report', 'healed']);
  for (const [index, text] of others.entries())
    expect([alike[index + 1], text]).toEqual([alike[index + 1], first]);
});
