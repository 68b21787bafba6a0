import { once } from 'node:events';
import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOf } from '../../../src/core/json.ts';
import type { CliHome } from '../../support/command-line.ts';
import { eventually } from '../../support/eventually.ts';
import { connectHttp, type Era, eras } from '../../support/mcp-clients.ts';
import { callOf, clientAt, playbookHome } from '../../support/playbook-home.ts';

let home: CliHome;
beforeAll(async () => {
  home = await playbookHome({ broken: 'steps: [{id: see, tool: k8s_lost, with: {}}]' });
});
afterAll(() => home.remove());

/** Subscribes as the era does, and collects what is told. */
async function follow(client: Client, { era, uris }: { era: Era; uris: string[] }): Promise<string[]> {
  const told: string[] = [];
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void told.push(params.uri),
  );
  if (era === 'legacy') for (const uri of uris) await client.subscribeResource({ uri });
  else await client.listen({ resourceSubscriptions: uris });
  return told;
}

const start = async (client: Client, name: string, environment: string) =>
  textOf((await callOf(client, 'playbooks_run', { name, environment, mode: 'run' })).data, 'run');

/** Holds a run and lets it go on, in turn. */
async function moveUntil(client: Client, { run, seen }: { run: string; seen: () => boolean }): Promise<void> {
  let action = 'resume';
  await eventually(async () => {
    action = action === 'pause' ? 'resume' : 'pause';
    await callOf(client, 'playbooks_control', { run, action });
    expect(seen()).toBe(true);
  });
}

describe.each(eras)('a %s client', era => {
  test('reads runs as resources, and is told when one that it follows moves, whoever moved it', async () => {
    const { client } = await clientAt(home, { era });
    const other = await clientAt(home);
    const id = await start(client, 'rest', 'box');
    const uri = `vigie://runs/${id}`;
    await eventually(async () =>
      expect((await callOf(client, 'playbooks_status', { run: id })).data).toMatchObject({
        status: 'waiting',
      }),
    );
    const told = await follow(client, { era, uris: [uri, 'vigie://runs'] });
    // The feed compares with its first look; that it had one shows when it tells of what came after.
    await moveUntil(other.client, {
      run: await start(other.client, 'rest', 'box'),
      seen: () => told.includes('vigie://runs'),
    });
    expect(told).not.toContain(uri);
    await callOf(other.client, 'playbooks_control', { run: id, action: 'cancel' });
    await eventually(() => expect(told).toContain(uri));
    await eventually(async () => {
      const [content] = (await client.readResource({ uri })).contents;
      expect(content !== undefined && 'text' in content ? content.text : '').toContain('cancelled');
    });
    const listed = await client.readResource({ uri: 'vigie://runs' });
    expect(JSON.stringify(listed)).toContain(id);
    await expect(client.readResource({ uri: 'vigie://runs/nothing0' })).rejects.toThrow(/not found/i);
    const { completion } = await client.complete({
      ref: { type: 'ref/resource', uri: 'vigie://runs/{id}' },
      argument: { name: 'id', value: id.slice(0, 6) },
    });
    expect(completion.values).toEqual([id]);
    await client.close();
    await other.client.close();
  });
});

test('each playbook that can be run is a prompt; one with mistakes is none', async () => {
  const { client } = await clientAt(home);
  const { prompts } = await client.listPrompts();
  const names = prompts.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['investigate', 'playbook_grow', 'playbook_heal_oom']));
  expect(names).not.toContain('playbook_broken');
  const { messages } = await client.getPrompt({
    name: 'playbook_grow',
    arguments: { replicas: '4', environment: 'box' },
  });
  expect(JSON.stringify(messages)).toContain('replicas: 4');
  const complete = async (name: string) =>
    (
      await client.complete({
        ref: { type: 'ref/prompt', name: 'playbook_grow' },
        argument: { name, value: '' },
      })
    ).completion.values;
  expect(await complete('name')).toEqual(['cart', 'web']);
  expect(await complete('environment')).toEqual(['box', 'other']);
  await expect(client.getPrompt({ name: 'playbook_broken' })).rejects.toThrow(/no prompt/);
  await client.close();
});

test('where no runs can be started there are no prompts that lead to one', async () => {
  const { client } = await clientAt(home, { words: ['--toolsets', 'k8s,changes'] });
  const { prompts } = await client.listPrompts();
  expect(prompts.some(({ name }) => name.startsWith('playbook_'))).toBe(false);
  const { resources } = await client.listResources();
  expect(resources.map(({ uri }) => uri)).not.toContain('vigie://runs');
  await expect(client.readResource({ uri: 'vigie://runs' })).rejects.toThrow(/not found/i);
  await client.close();
});

test('over HTTP a token of one environment knows no run of another, and cannot start, end or follow one', async () => {
  const narrow = await home.run('tokens', 'add', 'narrow', '--person', 'alice', '--environments', 'other');
  const wide = await home.run('tokens', 'add', 'wide', '--person', 'bob');
  const secretOf = ({ stdout, stderr }: { stdout: string; stderr: string }) =>
    /[\w-]{30,}/.exec(stdout + stderr)?.[0] ?? '';
  const server = home.start('serve', '--http', '127.0.0.1:0');
  let said = '';
  server.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
  });
  await eventually(() => expect(said).toMatch(/listens at http\S+/));
  const url = /listens at (\S+)/.exec(said)?.[1] ?? '';
  const seeing = await connectHttp(url, { era: 'modern', secret: secretOf(wide) });
  const blind = await connectHttp(url, { era: 'modern', secret: secretOf(narrow) });
  const told = await follow(blind, { era: 'modern', uris: ['vigie://runs'] });
  const hidden = await start(seeing, 'rest', 'box');
  const own = await start(blind, 'rest', 'other');
  const refused = { code: 'NOT_FOUND', message: `There is no run ${hidden}.` };
  expect((await callOf(blind, 'playbooks_status', { run: hidden })).data).toMatchObject(refused);
  for (const action of ['cancel', 'pause', 'resume', 'retry'])
    expect((await callOf(blind, 'playbooks_control', { run: hidden, action })).data).toMatchObject(refused);
  for (const mode of ['plan', 'rehearse', 'run'])
    expect(
      (await callOf(blind, 'playbooks_run', { name: 'look', environment: 'box', mode })).data,
    ).toMatchObject({ code: 'UNKNOWN_ENVIRONMENT' });
  expect((await callOf(blind, 'playbooks_status')).data).toMatchObject({ runs: [{ run: own }] });
  const known = (await callOf(seeing, 'playbooks_status')).text;
  for (const id of [hidden, own]) expect(known).toContain(id);
  await expect(blind.readResource({ uri: `vigie://runs/${hidden}` })).rejects.toThrow(/not found/i);
  await moveUntil(blind, { run: own, seen: () => told.includes('vigie://runs') });
  expect(told.join(' ')).not.toContain(hidden);
  // Whose run it is stands in what a person decides on: the token's.
  const asking = await start(blind, 'grow', 'other');
  const { data } = await callOf(blind, 'playbooks_status', { run: asking, waitSeconds: 60 });
  const [wait] = Array.isArray(data['waits']) ? data['waits'] : [];
  expect((await callOf(blind, 'changes_get', { id: textOf(wait, 'ticket') })).text).toContain('for alice');
  await seeing.close();
  await blind.close();
  server.kill('SIGTERM');
  await once(server, 'close');
});
