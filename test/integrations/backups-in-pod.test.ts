import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeKubelet, startFakeKubelet } from '../support/fake-kubelet.ts';
import { allowAgainAndAgain, startVigie, type TestVigie } from '../support/start-vigie.ts';
import { postgresPrograms, type RealPostgres, startPostgres, unlessNoPostgres } from './support/postgres.ts';

let server: RealPostgres;
let kubelet: FakeKubelet;
let dir: string;
let shop: TestVigie;

async function start(database = 'shop'): Promise<void> {
  shop = await startVigie({
    policy: `${allowAgainAndAgain}
    secrets: {shop-password: "file:${join(dir, 'password')}"}
    backups:
      destinations:
        disk: {directory: ${join(dir, 'disk')}, media: disk}
      sets:
        shop-db: {engine: postgres, database: ${database}, host: 127.0.0.1, port: ${server.port}, user: postgres, password: shop-password, to: [disk], scratch: ${join(dir, 'scratch')}, run: {pod: {namespace: shop, workload: deployment/web}}}`,
    kubeconfig: async sandbox => {
      kubelet = await startFakeKubelet({ cluster: sandbox.url });
      return sandbox.kubeconfig().replaceAll(sandbox.url, kubelet.url);
    },
  });
}

function partOf(copy: string): string {
  return join(dir, 'disk', 'shop-db', copy, 'database.dump');
}

const named = `backups whose programs run in a pod of a fake kubelet${unlessNoPostgres()}`;
describe.skipIf(postgresPrograms() === undefined)(named, () => {
  beforeAll(async () => {
    server = await startPostgres();
    server.sql('CREATE DATABASE shop');
    server.sql('CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 200000)', 'shop');
  });
  afterAll(() => server.close());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'in-pod-'));
    for (const name of ['disk', 'scratch']) mkdirSync(join(dir, name));
    chmodSync(dir, 0o711);
    chmodSync(join(dir, 'scratch'), 0o711);
    writeFileSync(join(dir, 'password'), server.password, { mode: 0o600 });
  });
  afterEach(async () => {
    await shop.stop();
    await kubelet.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('a copy is made, proven by a drill in the pod, and a flipped byte of it is found', async () => {
    await start();
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.text).toContain('were read back and fit');
    expect(ran.data).toMatchObject({ status: 'done' });
    const drilled = await shop.call('backups_drill', { set: 'shop-db' });
    expect(drilled.text).toMatch(
      /is proven: restored on PostgreSQL \d+.* on Pod\/web-\S+ in shop, container web/,
    );
    expect(drilled.data).toMatchObject({ status: 'done' });
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);

    const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
    const bytes = readFileSync(partOf(copy));
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    writeFileSync(partOf(copy), bytes);
    const failed = await shop.call('backups_drill', { set: 'shop-db' });
    expect(failed.data).toMatchObject({ status: 'failed' });
    expect(failed.text).toContain('database.dump');
    expect(readdirSync(join(dir, 'scratch'))).toEqual([]);

    const words = kubelet.execs.map(url => decodeURIComponent(url.href));
    expect(words.some(word => word.includes('pg_dump'))).toBe(true);
    expect(words.filter(word => word.includes(server.password))).toEqual([]);
  });

  test('a line that breaks off in the middle of the dump leaves no copy', async () => {
    await start();
    const running = shop.call('backups_run', { set: 'shop-db' });
    await expect.poll(() => kubelet.execs.some(url => url.href.includes('--snapshot'))).toBe(true);
    kubelet.breakLines();
    const ran = await running;
    expect(ran.data).toMatchObject({ status: 'failed' });
    const listed = await shop.call('backups_list', {});
    expect(listed.data).toMatchObject({ sets: [{ set: 'shop-db', copies: 0 }] });
  });

  test('a line that breaks off in a drill leaves no report, and nothing in the pod', async () => {
    await start();
    await shop.call('backups_run', { set: 'shop-db' });
    const running = shop.call('backups_drill', { set: 'shop-db' });
    await expect.poll(() => kubelet.execs.some(url => url.href.includes('pg_restore'))).toBe(true);
    kubelet.breakLines();
    expect((await running).data).toMatchObject({ status: 'failed' });
    const [copy = ''] = readdirSync(join(dir, 'disk', 'shop-db'));
    const reports = readdirSync(join(dir, 'disk', 'shop-db', copy)).filter(name => name.startsWith('drill-'));
    expect(reports).toEqual([]);
    await expect.poll(() => readdirSync(join(dir, 'scratch'))).toEqual([]);
  });

  test('a pod whose program fails says so in its own words, and leaves no copy', async () => {
    await start('nothing');
    const ran = await shop.call('backups_run', { set: 'shop-db' });
    expect(ran.data).toMatchObject({ status: 'failed' });
    expect(ran.text).toContain('database "nothing" does not exist');
    expect(readdirSync(join(dir, 'disk', 'shop-db'))).toEqual([]);
  });
});
