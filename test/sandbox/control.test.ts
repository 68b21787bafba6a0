import { afterEach, expect, test } from 'vitest';
import { advanceSandbox, askStatus } from '../../src/cli/sandbox/steer.ts';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';

let sandbox: Sandbox;
afterEach(() => sandbox.close());

const start = async () => {
  sandbox = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
};
const steer = (headers: Record<string, string>, { query = '', method = 'POST' } = {}) =>
  fetch(`${sandbox.url}/_sandbox${query}`, { method, headers });

test('two moves at once move the clock by both', async () => {
  await start();
  await Promise.all([advanceSandbox(sandbox, 60_000), advanceSandbox(sandbox, 3_600_000)]);
  const { movedMs, counts } = await askStatus(sandbox);
  expect(movedMs).toBe(3_660_000);
  expect(counts.nodes).toBe(2);
});

test("only the sandbox's own token steers it: no account of the cluster, and nobody who is acted as", async () => {
  await start();
  const own = { authorization: `Bearer ${sandbox.token}` };
  expect((await steer({}, { query: '?advanceMs=1000' })).status).toBe(401);
  const asAnother = { ...own, 'impersonate-user': 'alice' };
  expect((await steer(asAnother, { query: '?advanceMs=1000' })).status).toBe(403);
  const made = await fetch(`${sandbox.url}/api/v1/namespaces/shop/serviceaccounts/default/token`, {
    method: 'POST',
    headers: { ...own, 'content-type': 'application/json' },
    body: '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}',
  });
  const { status } = (await made.json()) as { status: { token: string } };
  const account = { authorization: `Bearer ${status.token}` };
  expect((await steer(account, { query: '?advanceMs=1000' })).status).toBe(403);
  expect((await askStatus(sandbox)).movedMs).toBe(0);
});

test.each(['', '?advanceMs=0', '?advanceMs=-1', '?advanceMs=1.5', '?advanceMs=x', '?advanceMs=99999999999'])(
  'a move that is none is refused: %s',
  async query => {
    await start();
    expect((await steer({ authorization: `Bearer ${sandbox.token}` }, { query })).status).toBe(400);
    expect((await askStatus(sandbox)).movedMs).toBe(0);
  },
);
