import { expect, test } from 'vitest';
import { isObject } from '../../../src/core/json.ts';
import type { CallTool, Surroundings } from '../../../src/engine/interpreter/run-context.ts';
import { allowAgainAndAgain } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, type TestRuns } from './runs-of.ts';

/** Surroundings in which the answers of one tool are changed on their way. */
function answering(
  runs: TestRuns,
  more: { tool: string; change: (answer: Awaited<ReturnType<CallTool>>) => Awaited<ReturnType<CallTool>> },
): Surroundings {
  return {
    ...runs.around,
    call: async call => {
      const answer = await runs.around.call(call);
      return call.tool === more.tool ? more.change(answer) : answer;
    },
  };
}

test('a fault that passes is tried again after its pause, twice as long each time, and no oftener than said', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  let faults = 2;
  runs.startWorker(
    answering(runs, {
      tool: 'k8s_list',
      change: answer => {
        faults -= 1;
        const data = { code: 'TIMEOUT', message: 'too slow', retryable: true };
        return faults >= 0 ? { ...answer, status: 'failed', data } : answer;
      },
    }),
  );
  const read = `retry: {attempts: 3, backoff: 1m, on: [transient]}, tool: k8s_list, with: {kind: Pod, namespace: shop}`;
  const id = await runs.start(`steps:\n  - {id: see, ${read}}\n`);
  const first = await runs.until(id, 'waiting');
  const [wait] = first.waits.filter(({ path }) => path === 'see');
  expect(wait).toMatchObject({ kind: 'timer' });
  runs.passTime(60_000);
  await expect.poll(() => runs.calls.length).toBe(2);
  await runs.until(id, 'waiting');
  runs.passTime(120_000);
  await runs.until(id, 'done');
  expect(runs.calls).toHaveLength(3);
});

test('what is not among the causes is not tried again', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    `steps:\n  - {id: up, ${scaling('nobody', 3)}, retry: {attempts: 5, backoff: 1s, on: [transient]}}\n`,
  );
  await runs.until(id, 'failed');
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toHaveLength(1);
});

test('a change that is never proven is made again as often as said, and all that stands of it is taken back', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 1d
onFailure: {undo: completedInReverse}
steps:
  - id: up
    ${scaling('web', 3).replace(', with', '\n    with')}
    retry: {attempts: 2, backoff: 1s, on: [unverified]}
    verify: {tool: k8s_list, with: {kind: Pod, namespace: shop}, until: output.total > 1000, every: 10s, within: 30s}
`);
  while ((await runs.journal.get(id))?.endedAt === undefined) {
    await new Promise(resolve => setTimeout(resolve, 50));
    if ((await runs.journal.get(id))?.status === 'waiting') runs.passTime(10_000);
  }
  const view = await runs.until(id, 'failed');
  expect(view.output).toMatchObject({ failure: { code: 'NOT_VERIFIED' } });
  expect(view.output).not.toHaveProperty('problems');
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toHaveLength(2);
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('an answer that is too large fails a read, and hides no change', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const change = (answer: Awaited<ReturnType<CallTool>>) => ({
    ...answer,
    data: { ...answer.data, more: 'x'.repeat(1_100_000) },
  });
  const around = answering(runs, { tool: 'k8s_list', change });
  runs.startWorker(answering({ ...runs, around }, { tool: 'k8s_scale', change }));
  const id = await runs.start(`onFailure: {undo: completedInReverse}
steps:
  - {id: up, ${scaling('web', 3)}}
  - {id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}
`);
  const view = await runs.until(id, 'failed');
  expect(view.output).toMatchObject({ failure: { code: 'TOO_LARGE' } });
  const up = view.steps.find(({ path }) => path === 'up');
  expect(isObject(up?.output) ? up.output['data'] : undefined).toMatchObject({ tooLarge: true });
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('a tool that is gone, and another environment, fail their step', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const { k8s_list: _, ...rest } = Object.fromEntries(runs.around.tools);
  runs.startWorker({ ...runs.around, tools: new Map(Object.entries(rest)) });
  const gone = await runs.start('steps:\n  - {id: see, tool: k8s_list, with: {kind: Pod}}\n');
  expect((await runs.until(gone, 'failed')).output).toMatchObject({ failure: { code: 'UNKNOWN_TOOL' } });
  const other = await runs.start(
    'steps:\n  - {id: see, tool: k8s_events, with: {environment: "${{ inputs.where }}"}}\ninputs: {where: {type: string, default: prod}}\n',
  );
  expect((await runs.until(other, 'failed')).output).toMatchObject({ failure: { code: 'OUT_OF_BOUNDS' } });
  expect(runs.calls).toEqual([]);
});
