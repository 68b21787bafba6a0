import { expect, test } from 'vitest';
import { textOf } from '../../../src/core/json.ts';
import { rejectTicket } from '../../../src/pipeline/settle.ts';
import { askEverything } from '../../support/start-vigie.ts';
import { replicasOf, scaling, startRuns, stateOf, ticketOf } from './runs-of.ts';

test('a rejection ends the step and the run, and nothing was changed', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:\n  - {id: up, ${scaling('web', 3)}}\n`);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'up');
  await rejectTicket(runs.test.vigie, { id: ticket, person: 'carol' });
  expect((await runs.until(id, 'failed')).output).toMatchObject({ failure: { code: 'REJECTED' } });
  expect(await replicasOf(runs, 'web')).toBe(2);
});

test('an approval counts once, however often it is given', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`steps:\n  - {id: up, ${scaling('web', 3)}}\n`);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'up');
  const both = await Promise.allSettled([runs.test.approve(ticket), runs.test.approve(ticket)]);
  expect(both.filter(each => each.status === 'fulfilled' && each.value.status === 'done')).toHaveLength(1);
  await runs.until(id, 'done');
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_scale')).toHaveLength(1);
});

test('a plan that changed while it waited is made anew where the step says so, and waits again', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(
    `steps:\n  - {id: up, ${scaling('web', 5)}, retry: {attempts: 2, backoff: 10m, on: [plan_changed]}}\n`,
  );
  const first = ticketOf(await runs.until(id, 'waiting'), 'up');
  const { data } = await runs.test.call('k8s_scale', {
    target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
    replicas: 3,
  });
  expect(await runs.test.approve(textOf(data, 'ticket'))).toMatchObject({ status: 'done' });
  expect(await runs.test.approve(first)).toMatchObject({ status: 'plan_changed' });
  const kinds = async () =>
    (await runs.journal.get(id))?.waits.filter(({ path }) => path === 'up').map(({ kind }) => kind);
  await expect.poll(kinds).toEqual(['timer']);
  runs.passTime(10 * 60_000);
  await expect.poll(kinds).toEqual(['message']);
  const second = ticketOf(await runs.until(id, 'waiting'), 'up');
  expect(await runs.test.approve(second)).toMatchObject({ status: 'done' });
  await runs.until(id, 'done');
  expect(await replicasOf(runs, 'web')).toBe(5);
});

test('a ticket whose run ended without it is closed: nobody can approve it any more', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const late = await runs.start(`timeout: 10m\nsteps:\n  - {id: up, ${scaling('web', 3)}}\n`);
  const first = ticketOf(await runs.until(late, 'waiting'), 'up');
  runs.passTime(11 * 60_000);
  expect((await runs.until(late, 'failed')).output).toMatchObject({ failure: { code: 'TIMEOUT' } });
  expect(await stateOf(runs, first)).toBe('void');

  const beside = await runs.start(`steps:
  - id: each
    foreach: {in: [api, nobody], as: name, parallel: 2}
    ${scaling('"${{ name }}"', 3).replace(', with', '\n    with')}
`);
  expect((await runs.until(beside, 'failed')).output).toMatchObject({ failure: { code: 'NOT_FOUND' } });
  const open = await (await runs.test.vigie.store()).changes.list({ states: ['waiting'], limit: 10 });
  expect(open).toEqual([]);
});

test('a step that takes too long is over for good: its ticket is closed, and the run goes on where it may', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(`timeout: 1d
steps:
  - {id: up, ${scaling('web', 3)}, timeout: 5m, continueOnError: true}
  - {id: pause, wait: {for: 1h}}
  - {id: said, set: {ok: "\${{ steps.up.ok }}"}}
  - {id: then, if: "!steps.up.ok", tool: k8s_list, with: {kind: Pod, namespace: shop}}
`);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'up');
  runs.passTime(6 * 60_000);
  await runs.until(id, 'waiting');
  await expect.poll(() => stateOf(runs, ticket)).toBe('void');
  const waits = async () => (await runs.journal.get(id))?.waits.map(({ path }) => path);
  await expect.poll(waits).toContain('pause');
  runs.passTime(2 * 3_600_000);
  await runs.until(id, 'done');
  expect(runs.calls.filter(({ tool }) => tool === 'k8s_list')).toHaveLength(1);
});

test('should nobody tell the run, it looks by itself after ten minutes', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  const worker = runs.startWorker();
  const id = await runs.start(`timeout: 1d\nsteps:\n  - {id: up, ${scaling('web', 3)}}\n`);
  const view = await runs.until(id, 'waiting');
  const [wait] = view.waits.filter(each => each.path === 'up');
  expect(wait).toMatchObject({ kind: 'message', until: expect.any(Number) });
  await worker.stop();
  // As if the process that settled it had died before it told the run.
  await runs.journal.claim('gone', { max: 1, leaseMs: 0 });
  runs.passTime(10 * 60_000);
  expect(await runs.test.approve(ticketOf(view, 'up'))).toMatchObject({ status: 'done' });
  runs.startWorker();
  await runs.until(id, 'done');
});
