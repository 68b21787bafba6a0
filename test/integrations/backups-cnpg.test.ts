import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type JsonObject, listOf, memberOf, textOf } from '../../src/core/json.ts';
import {
  cnpgDefinitions,
  type FakeOperator,
  sourceCluster,
  startFakeOperator,
} from '../support/fake-cnpg.ts';
import { type FakeKubelet, startFakeKubelet } from '../support/fake-kubelet.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let kubelet: FakeKubelet;
let operator: FakeOperator;
let dir: string;
let shop: TestVigie;
/** What `sh` is in a pod: it leads to the database that stands for the pod's own. */
let shell: string[];

const group = '/apis/postgresql.cnpg.io/v1/namespaces/shop';

async function call(method: string, path: string, body?: unknown, contentType = 'application/json') {
  const answer = await fetch(`${shop.sandbox.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${shop.sandbox.token}`, 'content-type': contentType },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as JsonObject };
}

async function namesOf(plural: string): Promise<string[]> {
  const { body } = await call('GET', `${group}/${plural}`);
  return listOf(body, 'items').map(each => textOf(memberOf(each, 'metadata'), 'name'));
}

function leadTo({ dir: socket, port }: RealPostgres): void {
  shell.splice(0, shell.length, 'env', `PGHOST=${socket}`, `PGPORT=${port}`, 'PGUSER=postgres', 'sh');
}

async function start(more = '', cluster: JsonObject = {}): Promise<void> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: cnpg, cluster: shop-db, namespace: shop, to: [disk], stored: {media: object-store, offSite: true}${more}}`,
    kubeconfig: async sandbox => {
      kubelet = await startFakeKubelet({ cluster: sandbox.url, shell });
      return sandbox.kubeconfig().replaceAll(sandbox.url, kubelet.url);
    },
  });
  for (const definition of cnpgDefinitions)
    await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  const made = await call('POST', `${group}/clusters`, sourceCluster(cluster));
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  operator = startFakeOperator(({ method, path, body, contentType }) =>
    call(method, path, body, contentType),
  );
  await expect
    .poll(async () => (await call('GET', `${group}/clusters/shop-db`)).body)
    .toMatchObject({ status: { currentPrimary: 'shop-db-1' } });
}

function manifest(): JsonObject {
  const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
  return JSON.parse(readFileSync(join(dir, 'disk', 'shop-db', copy, 'manifest.json'), 'utf8')) as JsonObject;
}

const named = `backups by a fake of CloudNativePG${unlessNoPostgres()}`;
describe.skipIf(postgresPrograms() === undefined)(named, () => {
  beforeAll(async () => {
    server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 100)', 'shop');
  });
  afterAll(() => server.close());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cnpg-'));
    mkdirSync(join(dir, 'disk'));
    shell = [];
    leadTo(server);
  });
  afterEach(async () => {
    await operator.stop();
    await shop.stop();
    await kubelet.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a run has the operator make a Backup, and keeps a record that leads to the data', async () => {
    await start(', database: shop');
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.text).toContain('were read back and fit');
    expect(ran.data).toMatchObject({ status: 'done' });
    const [name = ''] = await namesOf('backups');
    expect(name).toMatch(/^vigie-shop-db-\d{8}t\d{6}z-[a-z]{4}$/);
    expect(manifest()).toMatchObject({
      engine: 'cnpg',
      source: {
        backup: name,
        method: 'barmanObjectStore',
        backupId: '20260101T030000',
        storedAt: 's3://backups/',
      },
      contents: {
        how: 'marker',
        items: expect.arrayContaining([
          { name: 'database shop', count: 1 },
          { name: 'table public.orders', count: 1 },
        ]) as unknown,
      },
    });
    const words = JSON.stringify(manifest());
    expect(words).not.toContain('accessKeyId');
  });

  test('a drill recovers a Cluster of its own, looks into it, and takes it away', async () => {
    await start(', database: shop');
    await shop.call('backups_run', { set: 'shop-db' });
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.text).toMatch(
      /is proven: restored on Cluster\/vigie-drill-\S+ on CloudNativePG in namespace shop/,
    );
    expect(drilled.text).toContain('good: the marker that was written to the source before the copy began');
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(await namesOf('clusters')).toEqual(['shop-db']);
    const listed = await shop.call('backups_list', {});
    expect(listed.data).toMatchObject({ sets: [{ set: 'shop-db', state: 'good' }] });
  });
});
