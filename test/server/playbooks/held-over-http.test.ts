import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addToken } from '../../../src/config/tokens.ts';
import { textOf } from '../../../src/core/json.ts';
import { serveHttp } from '../../../src/server/http.ts';
import { eventually } from '../../support/eventually.ts';
import { connectHttp } from '../../support/mcp-clients.ts';
import { callOf } from '../../support/playbook-home.ts';
import { askEverything, startVigie } from '../../support/start-vigie.ts';

test('over HTTP a run is let go on by the token that held it, on the server where it did', async () => {
  const own = await mkdtemp(join(tmpdir(), 'vigie-held-'));
  onTestFinished(() => rm(own, { recursive: true }));
  const playbooks = join(own, 'playbooks');
  await mkdir(join(playbooks, 'rest'), { recursive: true, mode: 0o700 });
  await writeFile(
    join(playbooks, 'rest', 'playbook.yaml'),
    'apiVersion: vigie/v1\nkind: Playbook\nmetadata: {name: rest, title: A trial}\nsteps: [{id: sleep, wait: {for: 1h}}]\n',
    { mode: 0o600 },
  );
  const trial = await startVigie({
    policy: askEverything,
    sections: `playbooks: {directory: ${playbooks}}`,
  });
  onTestFinished(() => trial.stop());
  const tokensFile = join(own, 'tokens.yaml');
  const laptop = await addToken(tokensFile, { name: 'laptop', person: 'alice' });
  const desktop = await addToken(tokensFile, { name: 'desktop', person: 'alice' });
  const serve = async () => {
    const service = await serveHttp({ vigie: trial.vigie, host: '127.0.0.1', port: 0, tokensFile });
    onTestFinished(() => service.close());
    return service.url;
  };
  const clientOf = async (url: string, { secret }: { secret: string }) => {
    const client = await connectHttp(url, { era: 'modern', secret });
    onTestFinished(() => client.close());
    return (tool: string, input = {}) => callOf(client, tool, input);
  };
  const url = await serve();
  const call = await clientOf(url, laptop);
  const run = textOf((await call('playbooks_run', { name: 'rest', mode: 'run' })).data, 'run');
  await eventually(async () =>
    expect((await call('playbooks_status', { run })).data).toMatchObject({ status: 'waiting' }),
  );
  expect((await call('playbooks_control', { run, action: 'pause' })).data).toMatchObject({
    status: 'paused',
  });
  for (const other of [await clientOf(url, desktop), await clientOf(await serve(), laptop)])
    expect((await other('playbooks_control', { run, action: 'resume' })).data).toMatchObject({
      message: `The run ${run} is held by an assistant "laptop" for alice.`,
    });
  const again = await clientOf(url, laptop);
  expect((await again('playbooks_control', { run, action: 'resume' })).data).toMatchObject({ run });
});
