import { expect, test } from 'vitest';
import { startRuns } from './runs-of.ts';

async function failureOf(wait: string): Promise<unknown> {
  const runs = await startRuns({ hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:\n  - {id: first, set: {of: shop}}\n  - {id: free, wait: ${wait}}\n`);
  return (await runs.until(id, 'failed')).output;
}

test('a wait that is not met says in its own words what that means, and what was looked for', async () => {
  const said = await failureOf(
    '{tool: k8s_list, with: {kind: Deployment, namespace: shop}, until: output.total == 0, every: 1s, within: 1s, otherwise: "${{ steps.first.output.of }} has workloads"}',
  );
  expect(said).toMatchObject({
    failure: {
      code: 'NOT_VERIFIED',
      message: 'shop has workloads: k8s_list did not answer so that output.total == 0, within 1s.',
    },
  });
});

test('a wait whose read fails says why, and not what an answer would have meant', async () => {
  const said = await failureOf(
    '{tool: k8s_get, with: {target: {kind: Deployment, name: gone, namespace: shop}}, until: "!output.truncated", every: 1s, within: 1s, otherwise: it is too large}',
  );
  expect(said).toMatchObject({
    failure: {
      message: expect.stringMatching(
        /^k8s_get did not answer so that !output\.truncated, within 1s: .*gone.*[^.]\.$/,
      ),
    },
  });
});

test('words that cannot be worked out are left out', async () => {
  const said = await failureOf(
    '{tool: k8s_list, with: {kind: Deployment, namespace: shop}, until: output.total == 0, every: 1s, within: 1s, otherwise: "${{ steps.first.output.of.name }}"}',
  );
  expect(said).toMatchObject({
    failure: { message: 'k8s_list did not answer so that output.total == 0, within 1s.' },
  });
});
