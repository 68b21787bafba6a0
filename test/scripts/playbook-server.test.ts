import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { textOf } from '../../src/core/json.ts';
import { callOf, clientAt, playbookHome } from '../support/playbook-home.ts';

test('a built server runs a playbook, rehearses one and offers them as prompts', async () => {
  const home = await playbookHome({}, { main: resolve('dist/main.js') });
  const { client } = await clientAt(home);
  const asked = { name: 'grow', environment: 'box' };
  expect((await callOf(client, 'playbooks_run', { ...asked, mode: 'rehearse' })).data).toMatchObject({
    status: 'done',
  });
  const { data } = await callOf(client, 'playbooks_run', { ...asked, mode: 'run' });
  const run = textOf(data, 'run');
  expect((await callOf(client, 'playbooks_status', { run, waitSeconds: 60 })).data).toMatchObject({
    status: 'waiting',
    approveWith: expect.stringMatching(/^vigie approve/),
  });
  const { messages } = await client.getPrompt({ name: 'playbook_grow', arguments: {} });
  expect(JSON.stringify(messages)).toContain('playbooks_run with mode plan');
  await client.close();
  await home.remove();
});
