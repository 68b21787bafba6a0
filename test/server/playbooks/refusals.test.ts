import type { Client } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CliHome } from '../../support/command-line.ts';
import { callOf, clientAt, playbookHome } from '../../support/playbook-home.ts';

let home: CliHome;
let client: Client;
beforeAll(async () => {
  home = await playbookHome();
  ({ client } = await clientAt(home));
});
afterAll(async () => {
  await client.close();
  await home.remove();
});

test.each([
  ['playbooks_get', { name: '../grow' }, 'INVALID_INPUT'],
  ['playbooks_get', { name: '__proto__' }, 'INVALID_INPUT'],
  ['playbooks_run', { name: 'constructor', environment: 'box', mode: 'run' }, 'INVALID_INPUT'],
  ['playbooks_run', { name: 'grow', environment: 'box', inputs: { size: 3 } }, 'INVALID_INPUT'],
  ['playbooks_run', { name: 'grow', environment: 'box', inputs: { replicas: 'many' } }, 'INVALID_INPUT'],
  ['playbooks_run', { name: 'grow', environment: 'box', inputs: { name: '[redacted #1]' } }, 'SECRET'],
  ['playbooks_run', { name: 'grow', mode: 'run' }, 'UNKNOWN_ENVIRONMENT'],
  ['playbooks_run', { name: 'grow', environment: '__proto__', mode: 'run' }, 'UNKNOWN_ENVIRONMENT'],
  ['playbooks_status', { run: '../runs' }, 'NOT_FOUND'],
  ['playbooks_status', { run: '__proto__' }, 'NOT_FOUND'],
  ['playbooks_status', { waitSeconds: 5 }, 'INVALID_INPUT'],
  ['playbooks_control', { run: 'k3m9x2ab', action: 'cancel' }, 'NOT_FOUND'],
  ['playbooks_control', { run: 'k3m9x2ab', action: 'retry' }, 'NOT_FOUND'],
  ['playbooks_control', { run: 'k3m9x2ab', action: 'pause', from: 'up' }, 'INVALID_INPUT'],
])('%s with %j is refused as %s', async (tool, input, code) => {
  expect((await callOf(client, tool, input)).data).toMatchObject({ status: 'failed', code });
});
