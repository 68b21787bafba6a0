import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { textOf } from '../../../src/core/json.ts';
import { allowEverything, askEverything } from '../../support/start-vigie.ts';
import { storeServer } from '../../support/store-server.ts';
import { replicasOf, scaling, startRuns, stateOf, type TestRuns, ticketOf } from './runs-of.ts';

const toThree: JsonObject = {
  target: { kind: 'Deployment', name: 'web', namespace: 'shop' },
  replicas: 3,
};
const one = `steps:\n  - {id: up, ${scaling('web', 3)}}\n`;

/** The journal as whoever owns its file or database can write it; values are texts, where the statement has an `@`. */
async function asOwner({ test }: TestRuns, statement: string, ...values: string[]): Promise<void> {
  const text = statement.replaceAll('@', () => `'${(values.shift() ?? '').replaceAll("'", "''")}'`);
  const place = await test.vigie.storePlace();
  if ('postgres' in place) {
    const name = new URL(place.postgres).pathname.slice(1);
    storeServer()?.sql(`set search_path = vigie_runs; ${text}`, name);
    return;
  }
  const database = new Database(join(test.vigie.place.home, 'runs.db'));
  database.exec(text);
  database.close();
}

test('the same plan of a person and of two runs are three tickets', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const theirs = textOf((await runs.test.call('k8s_scale', toThree)).data, 'ticket');
  const first = ticketOf(await runs.until(await runs.start(one), 'waiting'), 'up');
  const second = ticketOf(await runs.until(await runs.start(one), 'waiting'), 'up');
  expect(new Set([theirs, first, second]).size).toBe(3);
  expect(textOf((await runs.test.call('k8s_scale', toThree)).data, 'ticket')).toBe(theirs);
});

test('a run that is ended leaves the ticket open that a person has for the same change', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(one);
  await runs.until(id, 'waiting');
  const theirs = textOf((await runs.test.call('k8s_scale', toThree)).data, 'ticket');
  await runs.journal.request(id, 'cancel');
  await runs.until(id, 'cancelled');
  expect(await stateOf(runs, theirs)).toBe('waiting');
  expect(await runs.test.approve(theirs)).toMatchObject({ status: 'done' });
});

test('an intent that names the change of somebody else fails its step, and that change stands', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  const { data } = await runs.test.call('k8s_scale', toThree);
  const id = await runs.start(`onFailure: {undo: completedInReverse}
steps:
  - {id: up, ${scaling('web', 3)}}
  - {id: bad, ${scaling('nobody', 3)}}
`);
  await asOwner(
    runs,
    `insert into step (run, path, attempt, state, output, error, at)
     values ((select number from run where id = @), 'up', 1, 'intent', @, null, ${Date.now()})`,
    id,
    JSON.stringify({ change: textOf(data, 'id') }),
  );
  runs.startWorker();
  expect((await runs.until(id, 'failed')).output).toMatchObject({ failure: { code: 'CONFLICT' } });
  expect(await replicasOf(runs, 'web')).toBe(3);
});

test('a run that ended by itself keeps nobody from asking for the same change again', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  runs.startWorker();
  const id = await runs.start(one);
  const ticket = ticketOf(await runs.until(id, 'waiting'), 'up');
  await runs.journal.request(id, 'cancel');
  await runs.until(id, 'cancelled');
  expect(await stateOf(runs, ticket)).toBe('void');
  const rows = await (await runs.test.vigie.store()).audit.list({ limit: 50 });
  expect(rows.map(({ event }) => event)).toContain('voided');
  expect(rows.map(({ event }) => event)).not.toContain('rejected');
  expect(await runs.test.call('k8s_scale', toThree)).toMatchObject({ status: 'approval_required' });
  await runs.until(await runs.start(one), 'waiting');
});

test('a ticket that is approved in the moment in which its run is ended ends with the run, and the change is known', async () => {
  const runs = await startRuns({ policy: askEverything, hurried: true });
  const { withdraw } = runs.around;
  runs.startWorker({
    ...runs.around,
    withdraw: async (ticket, run) => {
      await runs.test.approve(ticket);
      await withdraw(ticket, run);
    },
  });
  const id = await runs.start(one);
  await runs.until(id, 'waiting');
  await runs.journal.request(id, 'cancel');
  const view = await runs.until(id, 'cancelled');
  expect(view.steps.find(({ path }) => path === 'up')).toMatchObject({ state: 'done' });
  await withdraw('nobody00', id);
});

test('another text under the digest of a run is not run', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  const id = await runs.start('timeout: 1d\nsteps:\n  - {id: pause, wait: {for: 1h}}\n');
  const other = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: trial, title: A trial}\n${one}`;
  await asOwner(runs, 'update definition set source = @', other);
  runs.startWorker();
  expect((await runs.until(id, 'failed')).output).toMatchObject({ failure: { code: 'PLAYBOOK' } });
  expect(runs.calls).toEqual([]);
});

test('what waits for a read calls no tool that changes', async () => {
  const runs = await startRuns({ policy: allowEverything, hurried: true });
  const [read, change] = [runs.around.tools.get('k8s_list'), runs.around.tools.get('k8s_scale')];
  if (read === undefined || change === undefined) throw new Error('both tools are there');
  // The check refuses it: as if the tool had become one that changes.
  const tools = new Map([...runs.around.tools, ['k8s_list', { ...change, name: 'k8s_list' }]]);
  runs.startWorker({ ...runs.around, tools });
  const id = await runs.start(
    'timeout: 1d\nsteps:\n  - {id: up, wait: {tool: k8s_list, with: {kind: Pod, namespace: shop}, until: output.total > 100, every: 10s, within: 1m}}\n',
  );
  await runs.until(id, 'waiting');
  runs.passTime(2 * 60_000);
  await runs.until(id, 'failed');
  expect(runs.calls).toEqual([]);
});
