import { rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JsonObject, textOf } from '../../../src/core/json.ts';
import type { CliHome } from '../../support/command-line.ts';
import { eventually } from '../../support/eventually.ts';
import { callOf, clientAt, playbookHome } from '../../support/playbook-home.ts';

// What an assistant may not do with runs, though it could ask for it.

let home: CliHome;
let end: () => Promise<void>;
let call: (tool: string, input?: JsonObject) => ReturnType<typeof callOf>;
beforeEach(async () => {
  home = await playbookHome();
  const { client } = await clientAt(home, { words: [] });
  end = () => client.close();
  call = (tool, input = {}) => callOf(client, tool, input);
});
afterEach(async () => {
  await end();
  await home.remove();
});

const started = async (name: string): Promise<string> =>
  textOf((await call('playbooks_run', { name, environment: 'box', mode: 'run' })).data, 'run');
const until = (run: string, status: string) =>
  eventually(async () => expect((await call('playbooks_status', { run })).data).toMatchObject({ status }));

test('what a person holds an assistant does not let go, nor takes over by holding it too; its own hold it may end', async () => {
  const id = await started('rest');
  await until(id, 'waiting');
  expect((await home.run('runs', 'pause', id)).status).toBe(0);
  await until(id, 'paused');
  await call('playbooks_control', { run: id, action: 'pause' });
  const refused = await call('playbooks_control', { run: id, action: 'resume' });
  expect(refused.data).toMatchObject({ status: 'failed', code: 'CONFLICT' });
  expect(refused.text).toContain(`vigie runs resume ${id}`);
  expect((await call('playbooks_status', { run: id })).text).toContain(`vigie runs resume ${id}`);

  const own = await started('rest');
  await until(own, 'waiting');
  await call('playbooks_control', { run: own, action: 'pause' });
  await until(own, 'paused');
  const ended = await call('playbooks_control', { run: own, action: 'resume' });
  expect(ended.data).not.toHaveProperty('code');
});

test('a person who holds a run that an assistant held has it from then on, and is shown as who does', async () => {
  const id = await started('rest');
  await until(id, 'waiting');
  await call('playbooks_control', { run: id, action: 'pause' });
  await until(id, 'paused');
  const person = userInfo().username;
  const [shown] = (await home.run('runs', 'show', id)).stdout.split('\n');
  expect(shown).toMatch(new RegExp(`: paused by an assistant "[^"]+" for ${person}$`));
  expect((await home.run('runs', 'pause', id)).stdout).toBe(`${id}: paused\n`);
  const refused = await call('playbooks_control', { run: id, action: 'resume' });
  expect(refused.data).toMatchObject({ code: 'CONFLICT', message: `The run ${id} is held by ${person}.` });
  expect((await home.run('runs', 'show', id)).stdout).toContain(`: paused by ${person}\n`);
  expect((await home.run('runs', 'resume', id)).status).toBe(0);
});

test('what one assistant holds no other lets go that calls itself the same, nor the same one started anew', async () => {
  const id = await started('rest');
  await until(id, 'waiting');
  await call('playbooks_control', { run: id, action: 'pause' });
  await until(id, 'paused');
  const again = await clientAt(home, { words: [] });
  const refused = await callOf(again.client, 'playbooks_control', { run: id, action: 'resume' });
  await again.client.close();
  expect(refused.data).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(`^The run ${id} is held by an assistant "`),
  });
  await until(id, 'paused');
  expect((await call('playbooks_control', { run: id, action: 'resume' })).data).not.toHaveProperty('code');
});

test('a run of a playbook that was changed or taken away since is not run again by an assistant', async () => {
  const id = await started('look');
  await call('playbooks_status', { run: id, waitSeconds: 60 });
  const file = join(home.dir, 'playbooks', 'look', 'playbook.yaml');
  const head = 'apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: look, title: A trial}\n';
  const again = { run: id, action: 'retry', from: 'see' };
  await writeFile(
    file,
    `${head}policy: {requireRehearsal: 7d}\nsteps: [{id: see, tool: k8s_list, with: {kind: Pod, namespace: shop}}]\n`,
  );
  expect((await call('playbooks_control', again)).data).toMatchObject({ code: 'CONFLICT' });
  await rm(file);
  expect((await call('playbooks_control', again)).data).toMatchObject({ code: 'INVALID_INPUT' });
});

test('calls side by side start no more runs than may stand open', async () => {
  const all = await Promise.all(
    Array.from({ length: 70 }, () =>
      call('playbooks_run', { name: 'rest', environment: 'box', mode: 'run' }),
    ),
  );
  expect(all.filter(({ data }) => textOf(data, 'run') !== '')).toHaveLength(50);
  expect(all.filter(({ data }) => textOf(data, 'code') === 'TOO_MANY_RUNS')).toHaveLength(20);
}, 60_000);
