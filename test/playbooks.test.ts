import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Actor } from '../src/core/actor.ts';
import { type JsonObject, textOf } from '../src/core/json.ts';
import { limits } from '../src/core/limits.ts';
import { runTool } from '../src/pipeline/run-tool.ts';
import { rejectTicket } from '../src/pipeline/settle.ts';
import type { Vigie } from '../src/pipeline/vigie.ts';
import { eventually } from './support/eventually.ts';
import { agent, askEverything, startVigie, type TestVigie } from './support/start-vigie.ts';

let own: string;
let vigie: TestVigie;
beforeEach(async () => {
  own = await mkdtemp(join(tmpdir(), 'vigie-own-'));
  vigie = await startVigie({ policy: askEverything, sections: `playbooks: {directory: ${own}}` });
  await write('rest', 'steps: [{id: sleep, wait: {for: 1h}}]');
});
afterEach(async () => {
  await vigie.stop();
  await rm(own, { recursive: true });
});

async function write(name: string, body: string): Promise<void> {
  await mkdir(join(own, name), { recursive: true, mode: 0o700 });
  const head = `apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: ${name}, title: A trial}\n`;
  await writeFile(join(own, name, 'playbook.yaml'), `${head}${body}\n`, { mode: 0o600 });
}

const call = (tool: string, input: JsonObject = {}) => vigie.call(tool, input);

async function start(name: string, inputs: JsonObject = {}): Promise<string> {
  const { data, text } = await call('playbooks_run', { name, mode: 'run', inputs });
  const id = textOf(data, 'run');
  if (id === '') throw new Error(text);
  return id;
}

/** The same question to another Vigie of the same files. */
async function askOf(other: Vigie, tool: string, input: JsonObject) {
  const { signal } = new AbortController();
  return runTool(other, { tool, input, actor: agent, signal, budgetBytes: 40_000 });
}

test('whoever starts many goes on with thirty, and starts no more than fifty that have not ended', async () => {
  const started: JsonObject[] = [];
  for (let index = 0; index < 50; index += 1)
    started.push((await call('playbooks_run', { name: 'rest', mode: 'run' })).data);
  const here = started.filter(data => textOf(data, 'next').includes('while this server lives'));
  expect(here).toHaveLength(30);
  expect(textOf(started[30], 'next')).toContain('vigie worker');
  expect((await call('playbooks_run', { name: 'rest', mode: 'run' })).data).toMatchObject({
    code: 'TOO_MANY_RUNS',
    details: { environment: 'test', most: 50 },
  });
  expect(
    (await call('playbooks_control', { run: textOf(started[0], 'run'), action: 'cancel' })).data,
  ).toMatchObject({ status: expect.any(String) });
  await eventually(async () =>
    expect((await call('playbooks_run', { name: 'rest', mode: 'run' })).data).toMatchObject({ mode: 'run' }),
  );
});

test('a server that ends lets go of its runs, and another goes on without doing anything twice', async () => {
  await write(
    'pair',
    `steps:
  - {id: up, tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: 5}, continueOnError: true}
  - {id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}`,
  );
  const id = await start('pair');
  const asked = await call('playbooks_status', { run: id, waitSeconds: 30 });
  const ticket = /vigie approve (\w+)/.exec(textOf(asked.data, 'approveWith'))?.[1] ?? '';
  const other = await vigie.reopen();
  await vigie.vigie.close();
  // Nobody goes on with it: what a person decides waits for whoever does.
  expect((await askOf(other, 'playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' });
  const on = await askOf(other, 'playbooks_control', { run: id, action: 'resume' });
  expect(on.data).toMatchObject({ next: expect.stringContaining('while this server lives') });
  expect((await askOf(other, 'changes_list', { states: ['waiting'] })).text).toContain(ticket);
  await askOf(other, 'playbooks_control', { run: id, action: 'cancel' });
  expect((await askOf(other, 'playbooks_status', { run: id, waitSeconds: 30 })).data).toMatchObject({
    status: 'cancelled',
  });
  expect((await askOf(other, 'changes_list', {})).data).toMatchObject({ shown: 1 });
  await other.close();
});

test('a run keeps the definition that it was started with, and the list tells what lies there now', async () => {
  const id = await start('rest');
  await eventually(async () =>
    expect((await call('playbooks_status', { run: id })).text).toContain('sleep: wait 1h'),
  );
  await write('rest', 'steps: [{id: sleep, wait: {for: 2h}}, {id: more, wait: {for: 2h}}]');
  expect((await call('playbooks_get', { name: 'rest' })).text).toContain('more: wait 2h');
  const { text } = await call('playbooks_status', { run: id });
  expect(text).toContain('sleep: wait 1h');
  expect(text).not.toContain('more');
});

test('one that cannot be read is told among the others, without where it lies', async () => {
  await mkdir(join(own, 'linked'), { mode: 0o700 });
  await symlink(join(own, 'rest', 'playbook.yaml'), join(own, 'linked', 'playbook.yaml'));
  await write('called', 'steps: [{id: on, tool: playbooks_run, with: {name: rest}}]');
  const { text } = await call('playbooks_list');
  expect(text).toMatch(/^linked .*1 mistakes$/m);
  expect(text).toMatch(/^rest .*ok$/m);
  expect((await call('playbooks_get', { name: 'linked' })).data).toMatchObject({ usable: false });
  const refused = await call('playbooks_run', { name: 'called', mode: 'run' });
  expect(refused.data).toMatchObject({
    code: 'PLAYBOOK',
    message: expect.stringContaining('playbooks_run is no step'),
  });
  expect(refused.text).not.toContain(own);
});

test('a playbook of five hundred long steps is told within what a client takes', async () => {
  const steps = Array.from(
    { length: 480 },
    (_, index) =>
      `  - {id: s${index}, tool: k8s_get, continueOnError: true, with: {target: {kind: Deployment, name: ${'x'.repeat(60)}, namespace: shop}}}`,
  );
  await write('long', `steps:\n${steps.join('\n')}`);
  const get = await call('playbooks_get', { name: 'long' });
  expect(get.data).toMatchObject({ usable: true });
  const plan = await call('playbooks_run', { name: 'long' });
  expect(plan.data).toMatchObject({ mode: 'plan', truncated: true });
  const id = await start('long');
  const status = await call('playbooks_status', { run: id, waitSeconds: 120 });
  expect(status.data).toMatchObject({ status: 'done', truncated: true });
  for (const { data, text } of [get, plan, status])
    expect(Buffer.byteLength(JSON.stringify({ data, text }))).toBeLessThan(limits.answerBytes);
});

test('an input that holds a secret is masked wherever the run is shown', async () => {
  await write('told', 'inputs: {note: {type: string}}\nsteps: [{id: sleep, wait: {for: 1h}}]');
  const secret = 'planted-password-1234';
  await call('k8s_get', { target: { kind: 'Secret', name: 'db', namespace: 'shop' } });
  const id = await start('told', { note: `it is ${secret}` });
  const { text, data } = await call('playbooks_status', { run: id });
  expect(text).toContain('[redacted #1]');
  expect(JSON.stringify({ text, data })).not.toContain(secret);
});

test('a gate is told by its own name: who said no and why, and what there was nothing to do for', async () => {
  const scale = (replicas: number) =>
    `tool: k8s_scale, with: {target: {kind: Deployment, name: web, namespace: shop}, replicas: ${replicas}}`;
  await write(
    'gated',
    `steps:
  - {id: calm, approval: {for: [same]}}
  - {id: same, ${scale(2)}}
  - {id: gate, approval: {for: [up]}, timeout: 1h}
  - {id: up, ${scale(3)}}
onFailure: {steps: [{id: why, tool: k8s_list, with: {kind: Pod, namespace: shop}}]}`,
  );
  expect((await call('playbooks_run', { name: 'gated' })).text).toContain('(on failure) onFailure/why: ');
  const id = await start('gated');
  const asked = await call('playbooks_status', { run: id, waitSeconds: 60 });
  expect(asked.data).toMatchObject({
    steps: [
      { path: 'calm', state: 'idle', said: 'nothing to do' },
      { path: 'same', state: 'idle', said: 'nothing to do' },
      { path: 'gate', state: 'waiting' },
      { path: 'up', state: 'later' },
    ],
    waits: [{ path: 'gate', for: 'a person' }],
  });
  const ticket = /vigie approve (\w+)/.exec(textOf(asked.data, 'approveWith'))?.[1] ?? '';
  await rejectTicket(vigie.vigie, { id: ticket, person: 'carol', reason: 'not now' });
  const ended = await call('playbooks_status', { run: id, waitSeconds: 60 });
  const why = 'up: update Deployment/web in shop: spec.replicas 2 → 3: rejected by carol: not now';
  expect(ended.data).toMatchObject({ status: 'failed', failure: why });
  expect(ended.text).not.toMatch(/seat1|\/over|\.onFailure|\.steps/);
  const { data } = await call('playbooks_status', { run: id, step: 'gate' });
  expect(data).toMatchObject({ output: { code: 'REJECTED', message: why } });
  expect((await call('playbooks_status', { run: id, step: 'onFailure/why' })).data).toMatchObject({
    output: { kind: 'Pod' },
  });
  // The change is asked about: what who rejected it wrote stands there too.
  expect((await call('changes_get', { id: ticket })).text).toContain('decided by carol\nnot now');
});

test('an assistant is handed defaults as they are, told what it asked for, and sent to tools', async () => {
  await write(
    'told',
    `inputs: {memory: {type: string, default: 512Mi}, factor: {type: number, default: 1.5}, names: {type: list, default: [a, b]}}
steps: [{id: sleep, wait: {for: 1h}}]`,
  );
  expect((await call('playbooks_get', { name: 'told' })).data).toMatchObject({
    inputs: { memory: { default: '512Mi' }, factor: { default: 1.5 }, names: { default: ['a', 'b'] } },
  });
  const id = await start('told');
  await eventually(async () =>
    expect((await call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' }),
  );
  expect((await call('playbooks_run', { name: 'told', inputs: { memry: '1Gi' } })).data).toMatchObject({
    hint: 'playbooks_get with name told',
  });
  expect((await call('playbooks_control', { run: id, action: 'retry' })).data).toMatchObject({
    hint: `playbooks_control with run ${id} and action cancel`,
  });
  expect((await call('playbooks_control', { run: id, action: 'cancel' })).data).toMatchObject({
    status: 'asked to cancel',
  });
  await call('playbooks_status', { run: id, waitSeconds: 60 });
  expect((await call('playbooks_control', { run: id, action: 'pause' })).data).toMatchObject({
    hint: `playbooks_status with run ${id}`,
  });
});

test('who held a run lets it go on, and nobody of another connection or person does', async () => {
  const id = await start('rest');
  await eventually(async () =>
    expect((await call('playbooks_status', { run: id })).data).toMatchObject({ status: 'waiting' }),
  );
  const other = await vigie.reopen();
  const { signal } = new AbortController();
  const ask = (action: string, by: { actor: Actor; session?: string }) =>
    runTool(other, {
      tool: 'playbooks_control',
      input: { run: id, action },
      signal,
      budgetBytes: 40_000,
      ...by,
    });
  const held = await ask('pause', { actor: agent, session: 's1' });
  expect(held.data).toMatchObject({ status: 'paused' });
  for (const by of [
    { actor: { ...agent, onBehalfOf: 'dave' }, session: 's1' },
    { actor: agent, session: 's2' },
    { actor: agent },
  ])
    expect((await ask('resume', by)).data).toMatchObject({
      code: 'CONFLICT',
      message: `The run ${id} is held by an assistant "${agent.name}" for ${agent.onBehalfOf}.`,
    });
  expect((await ask('resume', { actor: agent, session: 's1' })).data).toMatchObject({ run: id });
  await other.close();
});

test('calls side by side start no more than may stand open', async () => {
  const asked = await Promise.all(
    Array.from({ length: 60 }, () => call('playbooks_run', { name: 'rest', mode: 'run' })),
  );
  expect(asked.filter(({ data }) => textOf(data, 'code') === 'TOO_MANY_RUNS')).toHaveLength(10);
});
