import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildVigie } from '../../src/app.ts';
import { runTool } from '../../src/pipeline/run-tool.ts';
import { settle } from '../../src/pipeline/settle.ts';
import type { AutoApprover, Vigie } from '../../src/pipeline/vigie.ts';
import { connectSandbox } from '../../src/sandbox/daemon.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { loadWorld } from '../../src/sandbox/world.ts';
import { agent, idOf } from '../support/start-vigie.ts';

// The sandbox answers for a person by itself. Nothing that can be written, sent or named does the same.

const signal = new AbortController().signal;
let dir: string;
let sandbox: Sandbox;
let ends: (() => Promise<void>)[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-capability-'));
  mkdirSync(join(dir, 'config'), { mode: 0o700 });
  sandbox = await startSandbox({ world: await loadWorld('test/fixtures/worlds/small.yaml') });
  ends = [() => sandbox.close()];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  rmSync(dir, { recursive: true, force: true });
});

/** The Vigie of `vigie demo`, or one that goes by a file. */
async function open(home: string, own: { world: string } | undefined, text = ''): Promise<Vigie> {
  const configFile = join(dir, 'config', `${home}.yaml`);
  writeFileSync(configFile, text, { mode: 0o600 });
  const { url, token } = sandbox;
  const vigie = await buildVigie(
    { door: 'cli', configFile, ...(own === undefined ? {} : { ownSandbox: { url, token, ...own } }) },
    {
      version: '0',
      env: { ...process.env, VIGIE_HOME: join(dir, home), VIGIE_CONFIG: configFile, VIGIE_LOG: 'error' },
      self: [],
      now: () => new Date(),
    },
  );
  ends.push(() => vigie.close());
  return vigie;
}

async function ask(vigie: Vigie): Promise<string> {
  const asked = await runTool(vigie, {
    tool: 'k8s_delete',
    input: { target: { kind: 'ConfigMap', name: 'settings', namespace: 'shop' } },
    actor: agent,
    signal,
    budgetBytes: 40_000,
  });
  expect(asked.status, asked.text).toBe('approval_required');
  return idOf(asked);
}

function realOf(vigie: Vigie): AutoApprover {
  const found = vigie.environments[0]?.autoApprover;
  if (found === undefined) throw new Error('the sandbox of this process has no answer of its own');
  return found;
}

test('only the very object that the sandbox was made with answers, never one that looks like it', async () => {
  const vigie = await open('demo', { world: 'small' });
  const other = await open('other', { world: 'small' });
  const id = await ask(vigie);
  const real = realOf(vigie);
  const copies: AutoApprover[] = [
    { ...real },
    { environment: 'demo', world: 'small' },
    structuredClone(real),
    Object.freeze({ ...real }),
    Object.create(real) as AutoApprover,
    realOf(other),
  ];
  for (const by of copies)
    await expect(settle(vigie, { id, by, signal })).rejects.toMatchObject({ code: 'NOT_AN_APPROVER' });
  expect(Object.isFrozen(real)).toBe(true);
  expect((await settle(vigie, { id, by: real, signal })).status).toBe('done');
});

test('an environment of a file has no such object, whatever it is called and whichever world it names', async () => {
  const policy = 'policy: {low: ask, medium: ask, high: ask}';
  const vigie = await open(
    'configured',
    undefined,
    ['demo', 'sandbox', 'shop']
      .map(name => `  ${name}: {sandbox: {world: shop}, ${policy}}\n`)
      .join('')
      .replace(/^/, 'environments:\n'),
  );
  expect(vigie.environments.map(({ view }) => view.kind)).toEqual(['sandbox', 'sandbox', 'sandbox']);
  for (const environment of vigie.environments) expect('autoApprover' in environment).toBe(false);
  for (const key of ['autoApprover', 'yes', 'auto']) {
    const text = `environments: {demo: {sandbox: {world: shop, ${key}: true}, ${policy}}}`;
    await expect(open(`with-${key}`, undefined, text)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  }
});

test('the sandbox is looked for on this machine only, whatever its file says', async () => {
  let called = 0;
  const server = createServer((_request, response) => {
    called += 1;
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  ends.push(async () => void server.close());
  const home = join(dir, 'forged');
  mkdirSync(home, { mode: 0o700 });
  const ended = [process.execPath, '-e', 'process.exit(1)'];
  for (const url of [
    `http://localhost:${port}`,
    `http://127.0.0.1.nip.test:${port}`,
    `http://127.0.0.1:${port}@evil.test`,
    `http://user@127.0.0.1:${port}`,
    `http://[::1]:${port}`,
    `http://127.0.0.1:${port}/prefix`,
    'https://prod.example',
  ]) {
    const address = { pid: 1, url, token: 'forged', world: 'shop' };
    writeFileSync(join(home, 'sandbox.json'), JSON.stringify(address), { mode: 0o600 });
    await expect(connectSandbox({ home, world: 'shop', command: ended }), url).rejects.toMatchObject({
      code: 'SANDBOX',
    });
  }
  expect(called).toBe(0);
});
