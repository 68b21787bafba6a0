import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { loadWorld } from '../../../src/sandbox/world.ts';
import { send } from '../../support/sandbox-client.ts';

let sandbox: Sandbox;
let log: string;
beforeAll(async () => {
  sandbox = await startSandbox({ world: await loadWorld('shop') });
  const { body } = await send(sandbox, {
    path: '/api/v1/namespaces/shop/pods?labelSelector=app%3Dstorefront',
  });
  const [pod] = body['items'] as { metadata: { name: string } }[];
  log = `/api/v1/namespaces/shop/pods/${pod?.metadata.name}/log`;
});
afterAll(() => sandbox.close());

const read = async (query: string): Promise<string> =>
  (await send(sandbox, { path: `${log}?${query}` })).text;

test('tailLines, limitBytes and timestamps cut and stamp what was written', async () => {
  const three = (await read('tailLines=3')).trimEnd().split('\n');
  expect(three).toHaveLength(3);
  expect(await read('tailLines=0')).toBe('');
  expect(await read('limitBytes=7')).toHaveLength(7);
  expect(await read('tailLines=1&timestamps=true')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \S/);
});

test('sinceSeconds and sinceTime leave out what is older, and cannot be given together', async () => {
  const now = sandbox.cluster.clock.now();
  const lines = (await read('sinceSeconds=60&timestamps=true')).trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(Date.parse(line.split(' ')[0] ?? '')).toBeGreaterThanOrEqual(now - 60_000);
  const since = encodeURIComponent(new Date(now + 3_600_000).toISOString());
  expect(await read(`sinceTime=${since}`)).toBe('');
  const both = await send(sandbox, { path: `${log}?sinceSeconds=1&sinceTime=${since}` });
  expect(both.body).toMatchObject({ code: 400, reason: 'BadRequest' });
});

test('the log of a container that never restarted has no former one', async () => {
  const { body } = await send(sandbox, { path: `${log}?previous=true` });
  expect(body).toMatchObject({
    code: 400,
    message: expect.stringContaining('previous terminated container'),
  });
});

test('a followed log goes on as time does, and ends with its pod', async () => {
  const seen: string[] = [];
  let ended = false;
  const headers = { authorization: `Bearer ${sandbox.token}` };
  const call = request(
    `${sandbox.url}${log}?follow=true&tailLines=1`,
    { headers, agent: false },
    response => {
      response.setEncoding('utf8');
      response.on('data', (text: string) => seen.push(text));
      response.on('end', () => {
        ended = true;
      });
    },
  );
  call.end();
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  const before = seen.join('').length;
  await sandbox.advance(3_600_000);
  await expect.poll(() => seen.join('').length).toBeGreaterThan(before);
  await send(sandbox, { method: 'DELETE', path: `${log.replace(/\/log$/, '')}?gracePeriodSeconds=0` });
  await expect.poll(() => ended).toBe(true);
});
