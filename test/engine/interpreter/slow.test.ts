import { expect, test } from 'vitest';
import { textOf } from '../../../src/core/json.ts';
import { allowAgainAndAgain } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns } from './runs-of.ts';

test('a run whose expressions take too long ends, takes back what it did, and no other run waits for it', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const numbers = Array.from({ length: 9_000 }, (_, index) => index);
  const slow = await runs.start(
    `inputs: {n: {type: list, required: true}}
onFailure: {undo: completedInReverse}
steps:
  - id: up
    foreach: {in: "\${{ ['web'] }}", as: name}
    ${scaling('"${{ name }}"', 3).replace(', with', '\n    with')}
  - id: each
    foreach: {in: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], as: item, parallel: 16, maxFailures: 12}
    steps: [{id: all, set: {a: "\${{ inputs.n.all(a, inputs.n.all(b, a + b < 100000000)) }}"}}]
`,
    { n: numbers },
  );
  const honest = await Promise.all(
    [1, 2, 3].map(one =>
      runs.start(`steps:
  - {id: sum, set: {of: "\${{ ${one} + 1 }}"}}
  - {id: see, if: steps.sum.output.of > 1, tool: k8s_list, with: {kind: Pod, namespace: shop}}
`),
    ),
  );
  runs.startWorker();
  for (const id of honest) await runs.until(id, 'done');
  const view = await runs.until(slow, 'failed');
  const ends = await Promise.all(honest.map(async id => (await runs.journal.get(id))?.endedAt ?? Infinity));
  expect(Math.max(...ends)).toBeLessThan(view.endedAt ?? 0);
  const items = view.steps.filter(({ path }) => path.startsWith('each['));
  const why = items.map(({ error }) => textOf(error, 'message'));
  expect(why.filter(text => text.includes('it takes too long'))).toHaveLength(1);
  expect(why.some(text => text.includes('took too long in all'))).toBe(true);
  expect(await replicasOf(runs, 'web')).toBe(2);
});
