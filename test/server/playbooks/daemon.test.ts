import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf } from '../../../src/core/json.ts';
import { main } from '../../support/command-line.ts';
import { clientOf } from '../../support/mcp-clients.ts';
import { callOf } from '../../support/playbook-home.ts';
import { TestDaemon } from '../../support/start-daemon.ts';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await TestDaemon.start();
});
afterAll(() => daemon.stop());

test('a run that is started through a daemon goes on in the daemon when its client has gone', async () => {
  const connect = async () => {
    const client = clientOf('legacy');
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [main, 'serve', '--stdio', '--toolsets', 'playbooks'],
      env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', VIGIE_DAEMON: daemon.run },
      cwd: '/',
    });
    await client.connect(transport);
    return client;
  };
  const first = await connect();
  const { data } = await callOf(first, 'playbooks_run', { name: 'nightly-health-report', mode: 'run' });
  const run = textOf(data, 'run');
  await first.close();
  const second = await connect();
  expect((await callOf(second, 'playbooks_status', { run, waitSeconds: 120 })).data).toMatchObject({
    playbook: 'nightly-health-report',
    status: 'done',
  });
  await second.close();
});
