import { expect, test } from 'vitest';
import type { Surroundings } from '../../../src/engine/interpreter/run-context.ts';
import { allowAgainAndAgain, askEverything } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, type TestRuns, ticketOf } from './runs-of.ts';

const pathsOf = async ({ journal }: TestRuns, id: string) =>
  (await journal.get(id))?.waits.map(({ path }) => path);

/** Surroundings in which a list of the cluster has as many rows as the test says. */
function counting(runs: TestRuns, total: () => number): Surroundings {
  return {
    ...runs.around,
    call: async call => {
      const answer = await runs.around.call(call);
      return call.tool === 'k8s_list' ? { ...answer, data: { ...answer.data, total: total() } } : answer;
    },
  };
}

test('a run that nobody took up within its time begins nothing, and cleans up', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const id = await runs.start(`timeout: 5m
steps:
  - {id: look, tool: k8s_list, with: {kind: Pod, namespace: shop}, continueOnError: true}
  - {id: up, ${scaling('web', 3)}, continueOnError: true}
finally: [{id: last, tool: k8s_events, with: {namespace: shop}}]
`);
  runs.passTime(5 * 86_400_000);
  runs.startWorker();
  expect((await runs.until(id, 'failed', 'done')).output).toMatchObject({ failure: { code: 'TIMEOUT' } });
  expect(runs.calls.map(({ tool }) => tool)).toEqual(['k8s_events']);
});

test('a loop ends in its midst once the time of its run, or its own, is over', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  const slow: Surroundings = {
    ...runs.around,
    call: call => {
      if (call.tool === 'k8s_scale') runs.passTime(10 * 60_000);
      return runs.around.call(call);
    },
  };
  runs.startWorker(slow);
  const loop = (more: string) => `
  - id: each
    foreach: {in: [web, api, web, api], as: name, maxFailures: 9}
    ${more}
    steps: [{id: up, ${scaling('"${{ name }}"', 3)}, continueOnError: true}]
`;
  const scaled = () => runs.calls.filter(({ tool }) => tool === 'k8s_scale');
  const whole = await runs.start(`timeout: 15m\nonFailure: {undo: none}\nsteps:${loop('')}`);
  expect((await runs.until(whole, 'failed', 'done')).output).toMatchObject({ failure: { code: 'TIMEOUT' } });
  expect(scaled()).toHaveLength(2);
  const own = await runs.start(
    `timeout: 1d\nonFailure: {undo: none}\nsteps:${loop('timeout: 5m')}  - {id: never, tool: k8s_list, with: {kind: Pod}}\n`,
  );
  expect((await runs.until(own, 'failed', 'done')).output).toMatchObject({
    failure: { code: 'TIMEOUT', message: 'It did not end within 5m.' },
  });
  expect(scaled()).toHaveLength(3);
});

test('a playbook is not called any more once the time is over', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.others.set(
    'grow',
    `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: grow, title: Called}\nsteps: [{id: up, ${scaling('web', 3)}}]`,
  );
  const id = await runs.start('timeout: 5m\nsteps: [{id: call, playbook: grow}]\n');
  runs.passTime(6 * 60_000);
  runs.startWorker();
  expect((await runs.until(id, 'failed', 'done')).output).toMatchObject({ failure: { code: 'TIMEOUT' } });
  expect(await runs.journal.list({ name: 'grow', max: 1 })).toEqual([]);
});

test('a wait whose time was over stays failed, whatever the cluster says later', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  let total = 0;
  runs.startWorker(counting(runs, () => total));
  const id = await runs.start(`timeout: 1d
onFailure: {undo: completedInReverse}
steps:
  - {id: ready, continueOnError: true, wait: {tool: k8s_list, with: {kind: Pod, namespace: shop}, until: output.total > 100, every: 10s, within: 1m}}
  - {id: back, if: "!steps.ready.ok", ${scaling('web', 3)}}
  - {id: hold, wait: {for: 1h}}
`);
  await runs.until(id, 'waiting');
  runs.passTime(2 * 60_000);
  await expect.poll(() => pathsOf(runs, id)).toContain('back');
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'back');
  total = 200;
  expect(await runs.test.approve(ticket)).toMatchObject({ status: 'done' });
  await expect.poll(() => pathsOf(runs, id)).toContain('hold');
  const { steps } = await runs.until(id, 'waiting');
  expect(steps.find(({ path }) => path === 'back')).toMatchObject({ state: 'done' });
});

test('a step whose expression had no value stays failed', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker(counting(runs, () => 0));
  const id = await runs.start(`timeout: 1d
steps:
  - {id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}
  - {id: wrong, continueOnError: true, set: {a: "\${{ 1 / steps.see.output.total }}"}}
  - {id: moment, continueOnError: true, wait: {at: "\${{ 'soon' }}"}}
  - {id: hold, wait: {for: 1h}}
`);
  await expect.poll(() => pathsOf(runs, id)).toContain('hold');
  const { steps } = await runs.until(id, 'waiting');
  expect(steps.filter(({ state }) => state === 'failed').map(({ error }) => error?.['code'])).toEqual([
    'EXPRESSION',
    'INVALID_INPUT',
  ]);
});

test('once one of all branches has failed, the others are over: they change nothing beside later steps', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 1d
steps:
  - id: both
    continueOnError: true
    parallel:
      mode: all
      branches:
        - {id: a, steps: [{id: bad, ${scaling('nobody', 3)}}]}
        - id: b
          steps:
            - {id: pause, wait: {for: 10m}}
            - {id: up, ${scaling('web', 3)}}
  - {id: hold, if: "!steps.both.ok", wait: {for: 1h}}
`);
  await runs.until(id, 'waiting');
  runs.passTime(2 * 3_600_000);
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('a loop that had too many failures closes the tickets of the items that wait', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 1d
steps:
  - id: each
    continueOnError: true
    foreach: {in: [web, nobody], as: name, parallel: 2}
    ${scaling('"${{ name }}"', 3).replace(', with', '\n    with')}
  - {id: hold, wait: {for: 1h}}
`);
  await expect.poll(() => pathsOf(runs, id)).toContain('hold');
  const open = await (await runs.test.vigie.store()).changes.list({ states: ['waiting'], limit: 10 });
  expect(open).toEqual([]);
  const { steps } = await runs.until(id, 'waiting');
  expect(steps.find(({ path }) => path === 'each[0]')).toMatchObject({ state: 'failed' });
});

test('a step that fails as the one before it did says so too, and the run says nothing twice', async () => {
  const runs = await startRuns({ policy: allowAgainAndAgain, hurried: true });
  runs.startWorker({
    ...runs.around,
    call: call => {
      runs.passTime(10 * 60_000);
      return runs.around.call(call);
    },
  });
  const loop = (id: string, more = '') => `
  - id: ${id}
    foreach: {in: [a, b], as: name}
    timeout: 5m
    steps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}]
    ${more}`;
  const id = await runs.start(`steps:${loop('one', 'continueOnError: true')}${loop('two')}\n`);
  await runs.until(id, 'failed');
  expect(runs.said.filter(line => line.includes('failed:'))).toEqual([
    'one/over: failed: It did not end within 5m.',
    'two/over: failed: It did not end within 5m.',
  ]);
});
