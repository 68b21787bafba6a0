import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { textOf } from '../../../src/core/json.ts';
import type { CliHome } from '../../support/command-line.ts';
import { eventually } from '../../support/eventually.ts';
import { callOf, clientAt, playbookHome } from '../../support/playbook-home.ts';
import { PseudoTerminal } from '../../support/pseudo-terminal.ts';

let home: CliHome;
let ends: (() => Promise<void>)[];
beforeEach(async () => {
  home = await playbookHome();
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  await home.remove();
});

async function open(words: string[] = []) {
  const { client, pid } = await clientAt(home, { words });
  ends.push(() => client.close());
  const call = (tool: string, input = {}) => callOf(client, tool, input);
  const run = async (input: { name: string; inputs?: object }) =>
    textOf((await call('playbooks_run', { environment: 'box', mode: 'run', ...input })).data, 'run');
  return { client, pid, call, run };
}

test('a plan says where too few people could agree', async () => {
  const folder = join(home.dir, 'playbooks', 'vain');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(
    join(folder, 'playbook.yaml'),
    `apiVersion: vigie/v1
kind: Playbook
metadata: {name: vain, title: A trial}
steps:
  - {id: ask, approval: {for: [up], from: [oncall], min: 2}}
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: cart, namespace: shop}, replicas: 4}}
`,
    { mode: 0o600 },
  );
  const { call } = await open();
  const plan = await call('playbooks_run', { name: 'vain', environment: 'box' });
  expect(plan.data).toMatchObject({
    steps: [{ path: 'ask', nobodyAgrees: 'nobody in vigie.yaml is in oncall' }, { path: 'up' }],
  });
  expect(plan.text).toContain('nobody agrees: nobody in vigie.yaml is in oncall');
});

test('a playbook is found, planned without calling anything, run and seen to its end', async () => {
  const { call, run } = await open();
  expect((await call('playbooks_list')).text).toContain('grow  A trial  replicas,name  -  own  ok');
  const shown = await call('playbooks_get', { name: 'grow' });
  expect(shown.data).toMatchObject({ usable: true, inputs: { replicas: { type: 'integer' } } });
  expect(shown.text).toContain('├─ see: k8s_list');

  const plan = await call('playbooks_run', { name: 'grow', environment: 'box', inputs: { replicas: 4 } });
  expect(plan.data).toMatchObject({
    mode: 'plan',
    steps: [
      { path: 'see', tool: 'k8s_list' },
      { path: 'up', tool: 'k8s_scale', policy: 'ask', with: expect.stringContaining('"replicas":4') },
      { path: 'finally/last', when: 'always' },
    ],
  });
  expect((await call('playbooks_status')).text).toBe('no runs');

  const id = await run({ name: 'look' });
  expect((await call('playbooks_status', { run: id, waitSeconds: 60 })).data).toMatchObject({
    status: 'done',
    steps: [{ path: 'see', state: 'done' }],
  });
  const { data } = await call('playbooks_status', { run: id, step: 'see' });
  expect(data).toMatchObject({ output: { kind: 'Deployment' } });
  expect((await call('playbooks_status')).data).toMatchObject({ runs: [{ run: id, status: 'done' }] });
});

test('a run that asks a person says so and what they type; nothing else here can answer it', async () => {
  const { call, run } = await open();
  const id = await run({ name: 'grow' });
  const asked = await call('playbooks_status', { run: id, waitSeconds: 60 });
  const [wait] = Array.isArray(asked.data['waits']) ? asked.data['waits'] : [];
  const ticket = textOf(wait, 'ticket');
  expect(asked.data).toMatchObject({ status: 'waiting', approveWith: `vigie approve ${ticket}` });
  expect(asked.text).toContain('up waits for a person');
  for (const action of ['approve', 'reject'])
    expect((await call('playbooks_control', { run: id, action })).data).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('no tool approves or rejects: a person does'),
    });
  expect((await call('changes_get', { id: ticket })).data).toMatchObject({ state: 'waiting' });

  // Elsewhere a person says no; the server that started the run goes on with it.
  expect(await home.run('reject', ticket, '--reason', 'not today')).toMatchObject({ status: 0 });
  const ended = await call('playbooks_status', { run: id, waitSeconds: 60 });
  expect(ended.data).toMatchObject({
    status: 'failed',
    steps: expect.arrayContaining([expect.objectContaining({ path: 'up', state: 'failed' })]),
    next: `playbooks_control with run ${id} and action retry`,
  });

  const again = await call('playbooks_control', { run: id, action: 'retry', from: 'up' });
  expect(again.data).toMatchObject({ retryOf: id });
  // A rejection counts for the same change for an hour, whoever asks again.
  expect(
    (await call('playbooks_status', { run: textOf(again.data, 'run'), waitSeconds: 60 })).data,
  ).toMatchObject({ status: 'failed', steps: expect.arrayContaining([{ path: 'see', state: 'done' }]) });

  const fresh = await run({ name: 'grow', inputs: { replicas: 5 } });
  expect((await call('playbooks_status', { run: fresh, waitSeconds: 60 })).data).toMatchObject({
    status: 'waiting',
  });
  await call('playbooks_control', { run: fresh, action: 'cancel' });
  expect((await call('playbooks_status', { run: fresh, waitSeconds: 60 })).data).toMatchObject({
    status: 'cancelled',
  });
  // What it asked for is void: nobody said no a second time.
  expect((await call('changes_list', { states: ['waiting'] })).data).toMatchObject({ shown: 0 });
});

test('a run is held before its next step, and let go on by whoever held it', async () => {
  const { call, run } = await open();
  const other = await open();
  const id = await run({ name: 'rest' });
  await eventually(async () =>
    expect((await call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' }),
  );
  await other.call('playbooks_control', { run: id, action: 'pause' });
  expect((await call('playbooks_status', { run: id, waitSeconds: 60 })).data).toMatchObject({
    status: 'paused',
    next: `Whoever paused it lets it go on, a person with: vigie runs resume ${id}`,
  });
  await other.call('playbooks_control', { run: id, action: 'resume' });
  await eventually(async () =>
    expect((await call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' }),
  );
  await other.call('playbooks_control', { run: id, action: 'cancel' });
  expect((await call('playbooks_status', { run: id, waitSeconds: 60 })).data).toMatchObject({
    status: 'cancelled',
  });
  expect((await call('playbooks_control', { run: id, action: 'resume' })).data).toMatchObject({
    code: 'CONFLICT',
  });
});

test('a server that is killed leaves its run to another, which repeats nothing', async () => {
  const first = await open();
  const id = await first.run({ name: 'rest' });
  await eventually(async () =>
    expect((await first.call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' }),
  );
  process.kill(first.pid, 'SIGKILL');
  const { call } = await open();
  expect((await call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' });
  await call('playbooks_control', { run: id, action: 'cancel' });
  const ended = await call('playbooks_status', { run: id, waitSeconds: 60 });
  expect(ended.data).toMatchObject({ status: 'cancelled' });
  expect((await call('playbooks_status', { run: id, step: 'first' })).data).toMatchObject({
    output: { kind: 'Pod' },
  });
});

test('read-only, what starts and ends runs is neither offered nor answered', async () => {
  const { client, call } = await open(['--read-only']);
  const names = (await client.listTools()).tools.map(({ name }) => name);
  expect(names.filter(name => name.startsWith('playbooks_'))).toEqual([
    'playbooks_list',
    'playbooks_get',
    'playbooks_status',
  ]);
  expect((await call('playbooks_run', { name: 'look', environment: 'box' })).data).toMatchObject({
    code: 'UNKNOWN_TOOL',
  });
});

test('a rehearsal shows what would be changed, and changes nothing', async () => {
  const { call } = await open();
  const rehearsed = await call('playbooks_run', { name: 'grow', environment: 'box', mode: 'rehearse' });
  expect(rehearsed.data).toMatchObject({
    mode: 'rehearse',
    status: 'done',
    steps: expect.arrayContaining([expect.objectContaining({ path: 'up', asks: 'any approver' })]),
  });
  expect(rehearsed.text).toContain('+  replicas: 3');
  const target = { kind: 'Deployment', name: 'cart', namespace: 'shop' };
  expect((await call('k8s_get', { environment: 'box', target })).text).toContain('replicas: 2');
  expect((await call('playbooks_status')).text).toBe('no runs');
});

test('what requires a rehearsal is started by an assistant only after one, a retry too', async () => {
  const { call, run } = await open();
  const asked = { name: 'proven', environment: 'box' };
  expect((await call('playbooks_run', { ...asked, mode: 'run' })).data).toMatchObject({
    code: 'NOT_REHEARSED',
  });
  // A person at a terminal needs none; that run again, by an assistant, does.
  const terminal = new PseudoTerminal(home.command('run', 'proven', '-e', 'box'), home.env);
  onTestFinished(() => terminal.close());
  expect(await terminal.ended()).toBe(0);
  const { runs } = (await call('playbooks_status')).data;
  const [first] = Array.isArray(runs) ? runs : [];
  const again = { run: textOf(first, 'run'), action: 'retry', from: 'see' };
  expect((await call('playbooks_control', again)).data).toMatchObject({ code: 'NOT_REHEARSED' });
  expect((await call('playbooks_run', { ...asked, mode: 'rehearse' })).data).toMatchObject({
    status: 'done',
  });
  const id = await run(asked);
  expect((await call('playbooks_status', { run: id, waitSeconds: 60 })).data).toMatchObject({
    status: 'done',
  });
  expect((await call('playbooks_control', again)).data).toMatchObject({ retryOf: again.run });
});

test('a step sees changes and environments of its own run alone', async () => {
  const { call, run } = await open();
  const target = { kind: 'Deployment', name: 'cart', namespace: 'shop' };
  for (const environment of ['box', 'other'])
    await call('k8s_scale', { environment, target, replicas: environment === 'box' ? 4 : 5 });
  expect((await call('changes_list')).data).toMatchObject({ shown: 2 });
  const id = await run({ name: 'peek' });
  await call('playbooks_status', { run: id, waitSeconds: 60 });
  const changes = await call('playbooks_status', { run: id, step: 'changes' });
  expect(changes.data).toMatchObject({ output: { shown: 1 } });
  const places = await call('playbooks_status', { run: id, step: 'places' });
  expect(JSON.stringify(places.data)).toContain('"box"');
  expect(JSON.stringify(places.data)).not.toContain('"other"');
});

test('whoever waits is told how far the run is, and a wait that is given up ends', async () => {
  const { client, run, call } = await open();
  const id = await run({ name: 'rest' });
  const told: string[] = [];
  const giveUp = new AbortController();
  const waiting = client.callTool(
    { name: 'playbooks_status', arguments: { run: id, waitSeconds: 600 } },
    { signal: giveUp.signal, onprogress: ({ message = '' }) => void told.push(message) },
  );
  const ended = expect(waiting).rejects.toThrow();
  await eventually(() => expect(told.join('\n')).toContain(`${id} waiting: 1 of 3 steps, at sleep`));
  giveUp.abort();
  await ended;
  expect((await call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' });
});

test('what is left when a server is killed goes on where somebody asks for it', async () => {
  const first = await open();
  const id = await first.run({ name: 'nap' });
  await eventually(async () =>
    expect((await first.call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' }),
  );
  process.kill(first.pid, 'SIGKILL');
  const { call } = await open();
  expect((await call('playbooks_control', { run: id, action: 'resume' })).data).toMatchObject({ run: id });
  expect((await call('playbooks_status', { run: id, waitSeconds: 60 })).data).toMatchObject({
    status: 'done',
    steps: [{ state: 'done' }, { state: 'done' }, { state: 'done' }],
  });
});

test('an approval step is asked as any change is, and a server ends while it waits', async () => {
  const { client, call, run } = await open();
  const id = await run({ name: 'gated' });
  const asked = await call('playbooks_status', { run: id, waitSeconds: 60 });
  expect(asked.data).toMatchObject({
    status: 'waiting',
    steps: [
      { path: 'ask', state: 'waiting' },
      { path: 'up', state: 'later' },
    ],
    approveWith: expect.stringMatching(/^vigie approve \w+$/),
  });
  // Resolves when the process is gone: what waits keeps none alive.
  await client.close();
  const { stdout } = await home.run('runs', 'list', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ runs: [{ id, status: 'waiting' }] });
});
