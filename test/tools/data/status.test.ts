import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { linesOf, startDataShop, toldOf } from '../../integrations/support/data-shop.ts';
import { cnpgDefinitions } from '../../support/fake-cnpg.ts';
import type { TestVigie } from '../../support/start-vigie.ts';

let dir: string;
let shop: TestVigie | undefined;
let server: Server | undefined;
const path = process.env['PATH'] ?? '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigie-status-'));
});
afterEach(async () => {
  process.env['PATH'] = path;
  await shop?.stop();
  shop = undefined;
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(dir, { recursive: true, force: true });
});

describe('ClickHouse by a fake of its client', () => {
  /** Answers by what stands in the query; an answer that begins with `Code:` is an exception. */
  function fakeClient(answers: Readonly<Record<string, string>>): void {
    const cases = Object.entries(answers).map(([word, answer]) =>
      answer.startsWith('Code:')
        ? `  *'${word}'*) echo 'Received exception from server: ${answer}' >&2; exit 1 ;;`
        : `  *'${word}'*) cat <<'END'\n${answer}\nEND\n  ;;`,
    );
    const file = join(dir, 'clickhouse-client');
    writeFileSync(
      file,
      `#!/bin/sh\nprintf '%s\\n' "$CLICKHOUSE_PASSWORD" "$*" >> ${join(dir, 'record')}\nfor query; do :; done\ncase $query in\n${cases.join('\n')}\nesac\n`,
    );
    chmodSync(file, 0o755);
    process.env['PATH'] = `${dir}:${path}`;
  }
  const version = '{"version":"24.8.4.13"}';
  const well = {
    'version()': version,
    'system.replicas': '',
    'system.parts': '{"database":"web","table":"hits","partition":"202601","parts":12}',
    'system.disks': '{"name":"default","free":60000000000,"total":100000000000}',
    'system.mutations': '',
  };

  test('one that is well is ok; its client gets no password as an argument, and a session that only reads', async () => {
    fakeClient(well);
    writeFileSync(join(dir, 'password'), 'House-Password-3', { mode: 0o600 });
    shop = await startDataShop({
      events: `{engine: clickhouse, host: 127.0.0.1, port: 9000, user: vigie, password: "file:${join(dir, 'password')}"}`,
    });
    const result = await shop.call('data_status', {});
    expect(result.data).toMatchObject({ states: { events: 'ok' }, bad: false });
    expect(result.text).toContain('events: ok (ClickHouse 24.8.4.13; 127.0.0.1:9000, from this machine)');
    expect(linesOf(result, 'events')).toEqual({
      disks: 'ok: default: 60 GB of 100 GB free (60 %)',
      mutations: 'ok: none fails',
      parts: 'ok: 12 at most, in web.hits, partition 202601',
      replicas: 'note: no table is replicated',
    });
    const record = readFileSync(join(dir, 'record'), 'utf8').split('\n');
    expect(record[0]).toBe('House-Password-3');
    expect(record[1]).toContain('--host 127.0.0.1 --port 9000 --user vigie --readonly=2');
    expect(record.filter(line => line.includes('--')).join(' ')).not.toContain('House-Password-3');
  });

  test('a replica that only reads, many parts, a full disk and a failing mutation each tell how bad they are', async () => {
    fakeClient({
      'version()': version,
      'system.replicas':
        '{"database":"web","table":"hits","readonly":1,"delay":0,"queue":3}\n{"database":"web","table":"late","readonly":0,"delay":700,"queue":150}',
      'system.parts': '{"database":"web","table":"hits","partition":"x\\nall","parts":3500}',
      'system.disks':
        '{"name":"default","free":"10","total":"100"}\n{"name":"cold","free":"90","total":"100"}',
      'system.mutations':
        '{"database":"web","table":"hits","id":"mutation_3.txt","reason":"Cannot parse\\u001b[31m \\u202etext"}',
    });
    shop = await startDataShop({ events: '{engine: clickhouse}' });
    const result = await shop.call('data_status', {});
    expect(result.data).toMatchObject({ states: { events: 'critical' }, bad: true });
    expect(toldOf(result, 'events').lines.map(({ level, text }) => `${level}: ${text}`)).toEqual([
      'critical: web.hits: 0 ms behind, 3 in its queue, read only',
      'critical: 3,500 at most, in web.hits, partition x all; critical above 3,000',
      'warning: web.late: 11.7 min behind, 150 in its queue; warning above 5 min',
      'warning: web.late: 11.7 min behind, 150 in its queue; warning above 100',
      'warning: default: 10 B of 100 B free (10 %); warning below 20 %',
      'warning: web.hits: mutation_3.txt fails: Cannot parse text',
    ]);
  });

  test('what the user may not read is not checked, and nothing of it is taken for good', async () => {
    fakeClient({
      ...well,
      'system.disks': 'Code: 497. DB::Exception: vigie: Not enough privileges.',
      'system.parts': 'half a {',
    });
    shop = await startDataShop({ events: '{engine: clickhouse}' });
    const result = await shop.call('data_status', {});
    expect(result.data).toMatchObject({ states: { events: 'not checked' }, bad: false });
    expect(linesOf(result, 'events')).toMatchObject({
      disks: 'not checked: needs SELECT on system.disks',
      parts: 'not checked: what came is no answer',
    });
    fakeClient({ 'version()': 'Code: 516. DB::Exception: vigie: Authentication failed' });
    const refused = await shop.call('data_status', {});
    expect(linesOf(refused, 'events')['service']).toMatch(/^critical: .*Authentication failed/);
    expect(refused.data).toMatchObject({ bad: true });
  });
});

describe('Patroni by a fake of its REST API', () => {
  async function fakePatroni(cluster: JsonObject, config: JsonObject | number = {}): Promise<string> {
    server?.close();
    server = createServer((request, response) => {
      const body = request.url === '/cluster' ? cluster : config;
      response.statusCode = typeof body === 'number' ? body : 200;
      response.end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }
  const leader = { name: 'a', role: 'leader', state: 'running', timeline: 4 };
  const follower = { name: 'b', role: 'replica', state: 'streaming', timeline: 4, lag: 0 };

  async function linesFor(cluster: JsonObject, config?: JsonObject | number) {
    await shop?.stop();
    shop = await startDataShop({
      ha: `{engine: patroni, endpoint: "${await fakePatroni(cluster, config)}"}`,
    });
    const result = await shop.call('data_status', {});
    return { lines: linesOf(result, 'ha'), state: toldOf(result, 'ha').state };
  }

  test('a leader with one that follows is ok', async () => {
    const { lines, state } = await linesFor({ members: [leader, follower] });
    expect(state).toBe('ok');
    expect(lines).toEqual({
      leader: 'ok: a, timeline 4',
      'member b': 'ok: streaming, 0 B behind',
      pause: 'ok: is off',
      'synchronous standby': 'note: none is asked for (synchronous_mode is off)',
    });
  });

  test('no leader, another timeline, a pause, a lag and no synchronous standby are told', async () => {
    const members = [
      { ...follower, timeline: 3, name: 'b' },
      { ...follower, name: 'c', lag: 2 * 1024 ** 3 },
      { ...follower, name: 'd', lag: 'unknown' },
      { ...follower, name: 'e', state: 'start failed' },
    ];
    const { lines, state } = await linesFor(
      { members: [leader, ...members], pause: true },
      { synchronous_mode: true },
    );
    expect(state).toBe('critical');
    expect(lines).toEqual({
      leader: 'ok: a, timeline 4',
      'member b': 'warning: is on timeline 3, and the leader on 4',
      'member c': 'critical: streaming, 2.1 GB behind; critical above 1 GB',
      'member d': 'not checked: is streaming, and its lag is not known',
      'member e': 'warning: is start failed',
      pause: 'warning: is on: nobody takes the lead when it is lost',
      'synchronous standby': 'warning: there is none, so a failover may lose writes',
    });
    expect((await linesFor({ members })).lines['leader']).toBe('critical: there is none');
    const strict = { synchronous_mode: 'quorum', synchronous_mode_strict: true };
    expect((await linesFor({ members: [leader] }, strict)).lines).toMatchObject({
      members: 'warning: nobody follows, and nobody can take the lead',
      'synchronous standby': 'critical: there is none, so no write is confirmed',
    });
    const kept = await linesFor({ members: [leader, { ...follower, role: 'quorum_standby' }] }, strict);
    expect(kept.lines['synchronous standby']).toBe('ok: b');
  });

  test('members without what holds for all are judged, and what was not told is not checked', async () => {
    const { lines, state } = await linesFor({ members: [leader, follower] }, 503);
    expect(state).toBe('not checked');
    expect(lines['synchronous standby']).toBe('not checked: the configuration of the cluster was not told');
    expect(lines['leader']).toBe('ok: a, timeline 4');
  });
});

describe('CloudNativePG by the status of its Cluster', () => {
  async function send(method: string, where: string, body: unknown): Promise<JsonObject> {
    if (shop === undefined) throw new Error('no cluster');
    const answer = await fetch(`${shop.sandbox.url}${where}`, {
      method,
      headers: { authorization: `Bearer ${shop.sandbox.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.ok, `${method} ${where}: ${answer.status}`).toBe(true);
    return (await answer.json()) as JsonObject;
  }

  test('what its operator writes is judged; a Cluster that is not there is critical', async () => {
    shop = await startDataShop({
      main: '{engine: cnpg, namespace: shop, cluster: main}',
      gone: '{engine: cnpg, namespace: shop, cluster: gone}',
    });
    for (const definition of cnpgDefinitions)
      await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
    const clusters = '/apis/postgresql.cnpg.io/v1/namespaces/shop/clusters';
    const made = await send('POST', clusters, {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      metadata: { name: 'main', namespace: 'shop', annotations: { 'cnpg.io/fencedInstances': '["main-2"]' } },
      spec: { instances: 3, backup: {} },
    });
    await send('PUT', `${clusters}/main/status`, {
      ...made,
      status: {
        readyInstances: 2,
        phase: 'Failing over',
        currentPrimary: 'main-1',
        targetPrimary: 'main-3',
        lastSuccessfulBackup: '2020-01-01T00:00:00Z',
        firstRecoverabilityPoint: '2019-12-01T00:00:00Z',
        conditions: [{ type: 'ContinuousArchiving', status: 'False', message: 'bucket\nis gone' }],
        certificates: { expirations: { 'main-server': '2020-02-01 00:00:00 +0000 UTC' } },
      },
    });
    const result = await shop.call('data_status', {});
    expect(result.data).toMatchObject({ states: { main: 'critical', gone: 'critical' }, bad: true });
    expect(linesOf(result, 'main')).toMatchObject({
      instances: 'warning: 2 of 3 ready',
      phase: 'warning: Failing over',
      primary: 'warning: main-1, and it is to be main-3',
      fencing: 'critical: PostgreSQL is kept down in ["main-2"]',
      'WAL archiving': 'critical: fails: bucket is gone',
      backup: expect.stringMatching(/^warning: the last good one is \d+ d old; any time since 2019-12-01/),
      certificates: expect.stringMatching(/^critical: main-server is over since \d+ d; critical below 24 h$/),
    });
    expect(linesOf(result, 'gone')['service']).toMatch(/^critical: .*gone/);
  });
});

describe('the answer', () => {
  test('names a service that there is, and is refused with the nearest one otherwise', async () => {
    shop = await startDataShop({ 'shop-db': '{engine: redis, port: 1}', cache: '{engine: redis, port: 1}' });
    const one = await shop.call('data_status', { name: 'cache' });
    expect(one.data).toMatchObject({ states: { cache: 'critical' }, bad: true, total: 2, shown: 1 });
    expect(await shop.call('data_status', { name: 'shopdb' })).toMatchObject({
      status: 'failed',
      data: { code: 'NOT_FOUND', hint: 'Did you mean shop-db?' },
    });
  });

  test('of fifty services that are down is bounded, and says which it left out', async () => {
    const services = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`service-${index}`, '{engine: redis, port: 1}']),
    );
    shop = await startDataShop(services);
    const result = await shop.call('data_status', {}, { budgetBytes: 8_000 });
    expect(Object.keys(result.data['states'] ?? {})).toHaveLength(50);
    expect(Buffer.byteLength(result.text + JSON.stringify(result.data))).toBeLessThan(9_000);
    expect(result.text).toMatch(/\d+ more are not told: service-\d+ critical/);
  });
});
