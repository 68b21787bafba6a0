import { expect, test } from 'vitest';
import { allowAgainAndAgain, askEverything, type TestVigie } from '../../support/start-vigie.ts';
import { startRuns } from './runs-of.ts';

async function replicasOf(vigie: TestVigie, name: string): Promise<number> {
  const { text } = await vigie.call('k8s_get', { target: { kind: 'Deployment', name, namespace: 'shop' } });
  return Number(/^  replicas: (\d+)$/m.exec(text)?.[1]);
}

const scaleWeb =
  'tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 3}';

test('steps run one after another, and later ones read what earlier ones answered', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    `inputs: {namespace: {type: string, default: shop}, more: {type: integer, default: 1}}
steps:
  - {id: find, tool: k8s_list, with: {kind: Deployment, namespace: "\${{ inputs.namespace }}", format: json}}
  - {id: sum, set: {names: "\${{ steps.find.output.rows.map(r, r.name) }}", replicas: "\${{ 2 + inputs.more }}"}}
  - {id: never, if: steps.find.output.total > 100, tool: k8s_list, with: {kind: Pod}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: "\${{ steps.sum.output.replicas }}"}}
`,
    { more: 1 },
  );
  const view = await runs.until(id, 'done');
  expect(await replicasOf(runs.test, 'web')).toBe(3);
  expect(view.steps.map(({ path, state }) => `${path} ${state}`).toSorted()).toEqual([
    '.steps done',
    'find done',
    'up done',
  ]);
  expect(runs.calls.map(({ tool }) => tool)).toEqual(['k8s_list', 'k8s_scale']);
});

test('a change that policy asks about waits without a worker’s memory, and the run goes on when a person approved', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  const worker = runs.startWorker();
  const id = await runs.start(`steps:
  - {id: up, ${scaleWeb}}
  - {id: then, tool: k8s_list, with: {kind: Pod, namespace: shop}}
`);
  const waiting = await runs.until(id, 'waiting');
  const ticket = waiting.waits.flatMap(wait =>
    wait.kind === 'message' ? wait.key.replace('ticket:', '') : [],
  )[0];
  if (ticket === undefined) throw new Error('it waits for no ticket');
  expect(runs.said).toContain(`up: waits for a person: vigie approve ${ticket}`);
  await worker.stop();

  // Nothing runs while the person answers.
  expect(await runs.test.approve(ticket)).toMatchObject({ status: 'done' });
  runs.startWorker();
  await runs.until(id, 'done');
  expect(await replicasOf(runs.test, 'web')).toBe(3);
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toHaveLength(1);
});

test('what stands is taken back, the newest first, when a later step fails', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:
  - {id: up, ${scaleWeb}}
  - id: label
    tool: k8s_scale
    with: {target: {kind: Deployment, name: api, namespace: shop}, replicas: 4}
    undo: {tool: k8s_scale, with: {target: {kind: Deployment, name: api, namespace: shop}, replicas: 1}}
  - {id: wrong, tool: k8s_scale, with: {target: {kind: Deployment, name: nothing, namespace: shop}, replicas: 3}}
onFailure: {undo: completedInReverse, steps: [{id: why, tool: k8s_events, with: {namespace: shop}}]}
finally: [{id: last, tool: k8s_list, with: {kind: Pod, namespace: shop}}]
`);
  const view = await runs.until(id, 'failed');
  expect(view.output).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  expect([await replicasOf(runs.test, 'web'), await replicasOf(runs.test, 'api')]).toEqual([2, 1]);
  expect(runs.calls.map(({ tool }) => tool)).toEqual([
    'k8s_scale',
    'k8s_scale',
    'k8s_scale',
    // Whether the call that failed was sent all the same.
    'changes_get',
    'k8s_scale',
    'changes_undo',
    'k8s_events',
    'k8s_list',
  ]);
});
